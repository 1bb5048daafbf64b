import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { node } from '../../engine/topology.ts'
import { viewNodes } from '../../features/nodes.ts'
import { anonymousUndos, givenReactions, undoneReactions } from '../../processors/given-reactions.ts'
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

const columnsOf = (pipeline: Pipeline, view: typeof user | typeof post, key: string, asOf: number) =>
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
