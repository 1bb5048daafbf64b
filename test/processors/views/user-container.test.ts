import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { node } from '../../../engine/topology.ts'
import { backfill } from '../../../features/backfill.ts'
import { type JoinedReaction, postJoin } from '../../../processors/post-join.ts'
import { Tastes } from '../../../processors/tastes.ts'
import { posts } from '../../../processors/topics.ts'
import { reactionsByPost } from '../../../processors/topics/post-reaction.ts'
import { NEGATIVE, POSITIVE } from '../../../processors/views/reaction-series.ts'
import { containerOf, userContainer } from '../../../processors/views/user-container.ts'
import { DAY_MS, HOUR_MS } from '../../../schemas/ids.ts'
import type { ReactionKind } from '../../../schemas/reactions/index.ts'
import { aJoinedReaction, aPost, aPostReaction, later, postId, T0 } from '../events.ts'
import { picks, Pipeline } from '../pipeline.ts'

const columnsOf = (
  given: readonly JoinedReaction[],
  container: string,
  asOf: number = T0,
): Record<string, number> =>
  userContainer.describe(backfill(userContainer, given).get(`user-1\0${container}`) ?? Buffer.alloc(0), asOf)

const inGroup = (kind: ReactionKind, fields: object = {}): JoinedReaction =>
  aJoinedReaction({ kind, containerId: 'group-1', ...fields })

describe('user-container', () => {
  test('counts what a user does with the posts of a container', () => {
    const given = [inGroup('view'), inGroup('like', { postId: postId('post-2') }), inGroup('hide')]
    const columns = columnsOf(given, 'group-1')
    expect(columns['user_container.views.total']).toBe(1)
    expect(columns['user_container.engagements.total']).toBe(1)
    expect(columns['user_container.negatives.total']).toBe(1)
  })

  test('of a post in no container counts comments, for its thread', () => {
    const given = (['view', 'like', 'comment', 'save', 'hide'] as const).map((kind) =>
      aJoinedReaction({ kind }),
    )
    expect([...backfill(userContainer, given).keys()]).toEqual(['user-1\0post-1'])
    expect(columnsOf(given, 'post-1')).toMatchObject({
      'user_container.views.total': 0,
      'user_container.engagements.total': 1,
      'user_container.negatives.total': 0,
    })
  })

  test('what is counted of a thread is what its replies and the post itself are read with', () => {
    const question = { postId: postId('post-1'), containerId: null }
    const answer = inGroup('like', { postId: postId('post-2'), containerId: 'post-1' })
    expect(containerOf(question)).toBe(containerOf(answer))
    const given = [aJoinedReaction({ kind: 'comment' }), answer]
    expect(columnsOf(given, containerOf(question))['user_container.engagements.total']).toBe(2)
  })

  test('fades, and tells how long ago the user was there', () => {
    const columns = columnsOf([inGroup('like')], 'group-1', T0 + DAY_MS)
    expect(columns['user_container.engagements.decayed_1d']).toBeCloseTo(0.5, 3)
    const since = columns['user_container.engagements.since_last_ms']!
    expect(since).toBeGreaterThanOrEqual(DAY_MS)
    expect(since).toBeLessThan(DAY_MS + HOUR_MS)
  })

  test('an undo takes back exactly what was counted', () => {
    const taken = [inGroup('comment'), inGroup('comment', { undo: true })]
    expect(columnsOf(taken, 'group-1')).toEqual(columnsOf([], 'group-1'))
  })

  test('leaves out people not known', () => {
    expect(backfill(userContainer, [inGroup('like', { userId: null })]).size).toBe(0)
  })
})

const reaction = fc.record({
  user: fc.constantFrom(null, 'user-1', 'user-2'),
  post: fc.nat(4),
  kind: fc.constantFrom<ReactionKind>('view', 'like', 'comment', 'hide', 'skip'),
  at: fc.nat(DAY_MS),
})

/** The first three posts are in containers, one of them in the thread of the fourth. */
const CONTAINERS = ['group-1', 'group-1', 'post-3', null, null]

test('counted as a count by hand, whichever of post and reaction comes first', () => {
  fc.assert(
    fc.property(fc.array(reaction, { maxLength: 30 }), fc.integer(), (given, seed) => {
      const tastes = new Tastes()
      const join = postJoin((joined, context) => tastes.emit(joined, context), tastes.outputs)
      const pipeline = new Pipeline([node(join), ...tastes.nodes])
      CONTAINERS.forEach((containerId, post) =>
        pipeline.publish(posts, aPost({ postId: `post-${post}`, containerId })),
      )
      const expected = new Map<string, [views: number, engagements: number, negatives: number]>()
      for (const { user, post, kind, at } of given) {
        const fields = { userId: user, postId: `post-${post}`, kind, at: later(at) }
        pipeline.publish(reactionsByPost, aPostReaction(fields))
        const container = CONTAINERS[post] ?? (kind === 'comment' ? `post-${post}` : null)
        if (user === null || container === null || kind === 'skip') continue
        const key = `${user}\0${container}`
        const [views, engagements, negatives] = expected.get(key) ?? [0, 0, 0]
        expected.set(key, [
          views + (kind === 'view' ? 1 : 0),
          engagements + (isOneOf(kind, POSITIVE) ? 1 : 0),
          negatives + (isOneOf(kind, NEGATIVE) ? 1 : 0),
        ])
      }
      pipeline.drain(picks(seed))
      const counted = [...pipeline.of('user-container').rows].map(([key, row]) => {
        const columns = userContainer.describe(row.subarray(1), T0 + DAY_MS)
        const totals = ['views', 'engagements', 'negatives'].map(
          (series) => columns[`user_container.${series}.total`],
        )
        return [key, totals] as const
      })
      expect(new Map(counted)).toEqual(expected)
    }),
  )
})

const isOneOf = (kind: ReactionKind, kinds: readonly ReactionKind[]): boolean => kinds.includes(kind)
