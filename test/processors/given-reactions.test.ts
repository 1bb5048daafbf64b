import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { node } from '../../engine/topology.ts'
import { viewNodes } from '../../features/nodes.ts'
import {
  anonymousUndos,
  GIVEN_PER_POST_MAX,
  givenReactions,
  undoneReactions,
} from '../../processors/given-reactions.ts'
import { reactions } from '../../processors/topics.ts'
import { post } from '../../processors/views/post.ts'
import { user } from '../../processors/views/user.ts'
import { ContractError } from '../../schemas/contract.ts'
import { DAY_MS, MINUTE_MS } from '../../schemas/ids.ts'
import {
  REACTION_KINDS,
  type Reaction,
  type ReactionKind,
  reactions as contract,
  UNDOABLE_KINDS,
} from '../../schemas/reactions/index.ts'
import { encode } from '../schemas/support.ts'
import { aReaction, later, T0 } from './events.ts'
import { Harness } from './harness.ts'
import { picks, Pipeline } from './pipeline.ts'

const isUndoable = (kind: ReactionKind): boolean => UNDOABLE_KINDS.some((each) => each === kind)

/** As it comes in by HTTP or from a publisher of Kafka; undefined when it is refused. */
const accepted = (reaction: Reaction): Reaction | undefined => {
  try {
    const bytes = encode(contract, contract.fromJson(contract.toJson(reaction)))
    return contract.decode(bytes, 0, bytes.length)
  } catch (error) {
    if (error instanceof ContractError && error.rule === 'NOT_UNDOABLE') return undefined
    throw error
  }
}

const timed = (kind: ReactionKind): boolean => kind === 'dwell' || kind === 'watch'

const givenOrUndone = fc
  .record({
    kind: fc.constantFrom(...REACTION_KINDS),
    userId: fc.constantFrom('user-1', 'user-2'),
    postId: fc.constantFrom('post-1', 'post-2'),
    comment: fc.constantFrom(null, 'comment-1', 'comment-2'),
    undo: fc.boolean(),
    after: fc.integer({ min: -3 * DAY_MS, max: 0 }),
  })
  .map(({ comment, after, ...fields }) =>
    aReaction({
      ...fields,
      value: timed(fields.kind) ? 9_000 : null,
      commentId: fields.kind === 'comment' ? comment : null,
      at: later(after),
    }),
  )

const counting = (): Pipeline =>
  new Pipeline([node(givenReactions), node(anonymousUndos), ...viewNodes(user), ...viewNodes(post)])

const columnsOf = (pipeline: Pipeline, view: typeof post, key: string, asOf: number) =>
  view.describe(pipeline.of(view.name).rows.get(key)?.subarray(1) ?? Buffer.alloc(0), asOf)

const pairOf = ({ userId, postId, kind, commentId }: Reaction): string =>
  JSON.stringify([userId, postId, kind, commentId])

/** What is left of each user, post, kind and comment: as many as were given, less one for each undo, never below none. */
const leftOf = (events: readonly Reaction[]): Map<string, number> => {
  const left = new Map<string, number>()
  for (const event of events) left.set(pairOf(event), (left.get(pairOf(event)) ?? 0) + (event.undo ? -1 : 1))
  return new Map([...left].map(([pair, count]) => [pair, Math.max(0, count)]))
}

const sumOf = (left: ReadonlyMap<string, number>, counts: (pair: string) => boolean): number =>
  [...left].reduce((sum, [pair, count]) => sum + (counts(pair) ? count : 0), 0)

describe('of all kinds of reactions', () => {
  test('what is taken back is what was given, whatever the order, and what happened stays', () => {
    fc.assert(
      fc.property(fc.array(givenOrUndone, { maxLength: 30 }), fc.nat(), (events, seed) => {
        const taken = events.flatMap((each) => accepted(each) ?? [])
        expect(taken).toEqual(events.filter(({ kind, undo }) => !undo || isUndoable(kind)))
        const pipeline = counting()
        pipeline.publish(reactions, ...taken)
        pipeline.drain(picks(seed))
        const left = leftOf(taken)
        for (const postId of ['post-1', 'post-2']) {
          const columns = columnsOf(pipeline, post, postId, T0)
          for (const [series, kind] of Object.entries({ views: 'view', clicks: 'click', likes: 'like' }))
            expect(columns[`post.${series}.total`]).toBe(
              sumOf(left, (pair) => pair.includes(`"${postId}","${kind}"`)),
            )
        }
        for (const userId of ['user-1', 'user-2']) {
          const looks = taken.filter((each) => each.userId === userId && timed(each.kind))
          const columns = columnsOf(pipeline, user, userId, T0)
          expect(columns['user.looked.total']).toBe(looks.length * 9_000)
          expect(columns['user.negatives.total']).toBe(
            sumOf(left, (pair) =>
              new RegExp(`^."${userId}".*"(hide|see_less|report|block_author)"`).test(pair),
            ),
          )
        }
        for (const undone of pipeline.of('given-reactions').sent(undoneReactions)) {
          const given = taken.filter((each) => !each.undo && pairOf(each) === pairOf(undone))
          expect(given.map(({ at }) => at)).toContain(undone.at)
        }
      }),
    )
  })
})

describe('the undo of somebody who is not known', () => {
  const like = aReaction({ userId: null })

  test('cancels the like whose time it bears', () => {
    const pipeline = counting()
    pipeline.publish(reactions, like, aReaction({ userId: null, undo: true }))
    pipeline.drain(picks(1))
    const columns = columnsOf(pipeline, post, 'post-1', later(MINUTE_MS))
    expect(columns['post.likes.total']).toBe(0)
    expect(columns['post.engagements.decayed_30min']).toBe(0)
  })

  test('of what nobody gave counts as none, not below', () => {
    const pipeline = counting()
    pipeline.publish(reactions, aReaction({ userId: null, undo: true }))
    pipeline.drain(picks(1))
    for (const value of Object.values(columnsOf(pipeline, post, 'post-1', T0)))
      expect(value).toBeGreaterThanOrEqual(0)
  })
})

describe('of more reactions to a post than are remembered', () => {
  const remembering = () => {
    const harness = new Harness(givenReactions)
    return {
      give: (...events: readonly Reaction[]): void =>
        events.forEach((each) => void harness.apply(reactions, each)),
      undoneAt: () => harness.sent(undoneReactions).map(({ at }) => at),
      dropped: () => harness.counts.get('given_reactions.undo_dropped') ?? 0,
    }
  }
  const comment = (index: number, fields: object = {}): Reaction =>
    aReaction({ kind: 'comment', commentId: `comment-${index}`, at: later(index), ...fields })
  const more = Array.from({ length: GIVEN_PER_POST_MAX + 1 }, (_, index) => comment(index))

  test('the oldest can no longer be taken back; its undo waits where there is room, and is dropped where not', () => {
    const { give, undoneAt, dropped } = remembering()
    give(...more)
    give(comment(0, { undo: true }))
    expect([undoneAt(), dropped()]).toEqual([[], 1])
    give(comment(GIVEN_PER_POST_MAX, { undo: true, at: later(99) }))
    expect([undoneAt(), dropped()]).toEqual([[later(GIVEN_PER_POST_MAX)], 1])
    give(comment(0, { undo: true }))
    expect([undoneAt(), dropped()]).toEqual([[later(GIVEN_PER_POST_MAX)], 1])
  })

  test('what is sent on is what an oracle takes back that remembers as many, in any order', () => {
    const event = fc
      .record({
        kind: fc.constantFrom('like', 'comment', 'save', 'hide'),
        comment: fc.nat(9),
        undo: fc.boolean(),
        at: fc.nat(DAY_MS).map(later),
      })
      .map(({ comment: id, ...fields }) =>
        aReaction({ ...fields, commentId: fields.kind === 'comment' ? `comment-${id}` : null }),
      )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        const { give, undoneAt, dropped } = remembering()
        give(...events)
        let remembered: { readonly pair: string; readonly at: number | null }[] = []
        const expected: number[] = []
        let lost = 0
        for (const each of events) {
          const pair = pairOf(each)
          const same = remembered.filter((one) => one.pair === pair && (one.at === null) === !each.undo)
          const found = each.undo ? same.at(-1) : same[0]
          if (found !== undefined) {
            remembered = remembered.filter((one) => one !== found)
            expected.push(each.undo ? found.at! : each.at)
          } else if (!each.undo || remembered.length < GIVEN_PER_POST_MAX) {
            const kept = remembered.length === GIVEN_PER_POST_MAX ? remembered.slice(1) : remembered
            remembered = [...kept, { pair, at: each.undo ? null : each.at }]
          } else lost++
        }
        expect([undoneAt(), dropped()]).toEqual([expected, lost])
      }),
    )
  })
})
