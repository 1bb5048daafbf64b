import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ERASURE_MEMORY_MS } from '../../processors/erasure.ts'
import { erasures, reactions } from '../../processors/topics.ts'
import {
  OPENED_POSTS_MAX,
  readWatchedPosts,
  WATCHED_POSTS_MAX,
  WATCHING,
  watchedPosts,
} from '../../processors/watched-posts.ts'
import { REACTION_KINDS, type Reaction } from '../../schemas/reactions/index.ts'
import { aReaction, later } from './events.ts'
import { Harness } from './harness.ts'
import { anErasure } from './personal-events.ts'

const run = (events: readonly Reaction[]): Harness<unknown> => {
  const harness = new Harness(watchedPosts) as Harness<unknown>
  for (const event of events) harness.apply(reactions, event)
  return harness
}

const watchedOf = (harness: Harness<unknown>, user = 'user-1'): (readonly [string, number])[] =>
  harness.rows.has(user)
    ? readWatchedPosts(harness.row(user)).map(({ postId, lastSeenAt }) => [postId, lastSeenAt] as const)
    : []

test('what a user likes, saves, shares, comments on or opens is watched, and nothing else', () => {
  const events = REACTION_KINDS.map((kind, index) => aReaction({ kind, postId: kind, at: later(index) }))
  expect(
    watchedOf(run(events))
      .map(([postId]) => postId)
      .sort(),
  ).toEqual([...WATCHING, 'click'].sort())
})

test('any reaction to a watched post moves the time it was last seen, never back', () => {
  const harness = run([
    aReaction({ kind: 'like', at: later(10) }),
    aReaction({ kind: 'view', at: later(30) }),
  ])
  expect(watchedOf(harness)).toEqual([['post-1', later(30)]])
  harness.apply(reactions, aReaction({ kind: 'dwell', value: 5, at: later(20) }))
  expect(watchedOf(harness)).toEqual([['post-1', later(30)]])
})

test('views of posts that are not watched leave no row', () => {
  expect(run([aReaction({ kind: 'view' }), aReaction({ kind: 'skip' })]).rows.size).toBe(0)
})

test('a post is watched until every reason is undone, even by undos that come first', () => {
  const harness = run([
    aReaction({ kind: 'like', undo: true, at: later(5) }),
    aReaction({ kind: 'save', at: later(2) }),
    aReaction({ kind: 'like', at: later(1) }),
  ])
  expect(watchedOf(harness)).toEqual([['post-1', later(5)]])
  harness.apply(reactions, aReaction({ kind: 'save', undo: true, at: later(6) }))
  expect(harness.rows.size).toBe(0)
})

test('a post commented on more often than is counted is watched all the same', () => {
  const harness = run([])
  const most = 2 ** 15 - 1
  for (let given = 0; given < most; given++)
    harness.apply(reactions, aReaction({ kind: 'comment', at: later(given) }))
  const row = harness.row('user-1')
  harness.apply(reactions, aReaction({ kind: 'comment', at: later(0) }))
  expect(harness.row('user-1')).toEqual(row)
  harness.apply(reactions, aReaction({ kind: 'comment', at: later(most) }))
  expect(watchedOf(harness)).toEqual([['post-1', later(most)]])
})

test('reasons less undos decide, in any order', () => {
  const event = fc.record({
    postId: fc.constantFrom('one', 'two', 'three'),
    kind: fc.constantFrom('like', 'save', 'comment', 'view'),
    undo: fc.boolean(),
    at: fc.nat(1_000),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 50 }), (events) => {
      const model = new Map<string, number>()
      for (const { postId, kind, undo } of events) {
        const reason = `${postId} ${kind}`
        if (kind !== 'view') model.set(reason, (model.get(reason) ?? 0) + (undo ? -1 : 1))
      }
      const reasons = [...model].filter(([, count]) => count > 0).map(([reason]) => reason.split(' ')[0])
      const watched = watchedOf(run(events.map((each) => aReaction({ ...each, at: later(each.at) }))))
      expect(new Set(watched.map(([postId]) => postId))).toEqual(new Set(reasons))
    }),
    { numRuns: 100 },
  )
})

test('an author watches their own post once they come back to it', () => {
  expect(watchedOf(run([aReaction({ authorId: 'user-1', kind: 'view', at: later(3) })]))).toEqual([
    ['post-1', later(3)],
  ])
  expect(watchedOf(run([aReaction({ kind: 'view', at: later(3) })]))).toEqual([])
})

test('what was only opened is watched whatever is undone, the last ones, and crowds out nothing else', () => {
  const [opened, liked] = [OPENED_POSTS_MAX + 5, WATCHED_POSTS_MAX - OPENED_POSTS_MAX]
  const harness = run([
    ...Array.from({ length: liked }, (_, index) => aReaction({ postId: `liked-${index}`, at: later(index) })),
    ...Array.from({ length: opened }, (_, index) =>
      aReaction({ kind: 'click', postId: `opened-${index}`, at: later(1_000 + index) }),
    ),
  ])
  const watched = watchedOf(harness)
  expect(watched).toHaveLength(WATCHED_POSTS_MAX)
  expect(watched[OPENED_POSTS_MAX - 1]).toEqual(['opened-5', later(1_005)])
  expect(watched.at(-1)).toEqual(['liked-0', later(0)])
  expect(harness.counts.get('watched_posts.opened_dropped')).toBe(5)
  const late = aReaction({ kind: 'click', postId: 'opened-early', at: later(900) })
  harness.apply(reactions, late)
  harness.apply(reactions, aReaction({ kind: 'click', undo: true, postId: 'opened-5', at: later(2_000) }))
  expect(watchedOf(harness)[0]).toEqual(['opened-5', later(2_000)])
  expect(watchedOf(harness).map(([postId]) => postId)).not.toContain('opened-early')
})

test('the posts seen last are kept, whatever the order', () => {
  const likes = Array.from({ length: WATCHED_POSTS_MAX + 5 }, (_, index) =>
    aReaction({ postId: `post-${index}`, at: later(index) }),
  )
  const inOrder = run(likes)
  expect(watchedOf(inOrder)).toEqual(watchedOf(run(likes.toReversed())))
  expect(watchedOf(inOrder).at(-1)).toEqual(['post-5', later(5)])
  expect(inOrder.counts.get('watched_posts.dropped')).toBe(5)
})

test('an erasure takes what was seen up to then, refuses what comes late, and is itself forgotten', () => {
  const harness = run([aReaction({ postId: 'old' }), aReaction({ postId: 'new', at: later(20) })])
  harness.apply(erasures, anErasure(later(10)))
  harness.apply(reactions, aReaction({ postId: 'late', at: later(9) }))
  expect(watchedOf(harness)).toEqual([['new', later(20)]])
  harness.apply(erasures, anErasure(later(30)))
  expect(harness.rows.size).toBe(1)
  harness.advance(later(30 + ERASURE_MEMORY_MS))
  expect(harness.rows.size).toBe(0)
})
