import { expect, test } from 'vitest'
import { contentVectorOf } from '../../processors/content/content-vector.ts'
import { type JoinedReaction, postJoin, WAITING_MAX, WAITING_MS_MAX } from '../../processors/post-join.ts'
import { posts } from '../../processors/topics.ts'
import { reactionsByPost } from '../../processors/topics/post-reaction.ts'
import { aPost, aPostReaction, later, T0 } from './events.ts'
import { Harness } from './harness.ts'

const joining = (): { harness: Harness<unknown>; joined: JoinedReaction[] } => {
  const joined: JoinedReaction[] = []
  const processor = postJoin((each) => joined.push({ ...each }), [])
  return { harness: new Harness(processor), joined }
}

const published = aPost({ kind: 'video', containerId: 'group-1', hashtags: ['rome', 'travel', 'rome'] })

test('a reaction is joined with the kind, container, hashtags and vector that its post was published with', () => {
  const { harness, joined } = joining()
  harness.apply(posts, published)
  harness.apply(reactionsByPost, aPostReaction())
  const vector = contentVectorOf(published)
  const post = { contentKind: 'video', containerId: 'group-1', hashtags: ['rome', 'travel'], vector }
  expect(joined).toEqual([{ ...aPostReaction(), ...post }])
})

test('a reaction ahead of its post waits for it, oldest first, and is joined once', () => {
  const { harness, joined } = joining()
  harness.apply(reactionsByPost, aPostReaction({ at: later(2), country: 'DE' }))
  harness.apply(reactionsByPost, aPostReaction({ at: later(1), userId: null, kind: 'dwell', value: 3 }))
  harness.apply(posts, published)
  harness.apply(reactionsByPost, aPostReaction({ at: later(3), undo: true }))
  expect(joined.map(({ at }) => at)).toEqual([later(1), later(2), later(3)])
  expect(joined[0]).toMatchObject({ userId: null, kind: 'dwell', value: 3, contentKind: 'video' })
})

test('edits, deletion and a second publication change no join, so that an undo finds what was counted', () => {
  const { harness, joined } = joining()
  harness.apply(posts, aPost({ action: 'edited', kind: 'link' }))
  harness.apply(posts, published)
  harness.apply(posts, aPost({ action: 'edited', kind: 'link', containerId: 'group-2', at: later(1) }))
  harness.apply(posts, aPost({ action: 'published', kind: 'photo', at: later(2) }))
  harness.apply(posts, aPost({ action: 'deleted', at: later(3) }))
  harness.apply(reactionsByPost, aPostReaction({ at: later(4) }))
  harness.apply(reactionsByPost, aPostReaction({ at: later(4), undo: true }))
  expect(joined.map(({ contentKind, containerId, undo }) => [contentKind, containerId, undo])).toEqual([
    ['video', 'group-1', false],
    ['video', 'group-1', true],
  ])
})

test('equal reactions that wait are all joined', () => {
  const { harness, joined } = joining()
  harness.apply(reactionsByPost, aPostReaction())
  harness.apply(reactionsByPost, aPostReaction())
  harness.apply(posts, published)
  expect(joined).toHaveLength(2)
})

test('a reaction whose post does not come in time is dropped and counted', () => {
  const { harness, joined } = joining()
  harness.apply(reactionsByPost, aPostReaction({ at: later(5) }))
  harness.apply(reactionsByPost, aPostReaction({ at: T0 }))
  harness.advance(T0 + WAITING_MS_MAX)
  expect(harness.counts.get('post_join.unmatched')).toBe(1)
  harness.advance(later(5 + WAITING_MS_MAX))
  expect(harness.counts.get('post_join.unmatched')).toBe(2)
  expect(harness.rows.size).toBe(0)
  harness.apply(posts, published)
  expect(joined).toEqual([])
})

test('of too many reactions that wait, the newest are kept and the rest are counted', () => {
  const { harness, joined } = joining()
  for (let at = 0; at < WAITING_MAX + 2; at++)
    harness.apply(reactionsByPost, aPostReaction({ at: later(at) }))
  harness.apply(reactionsByPost, aPostReaction({ at: T0 }))
  harness.apply(posts, published)
  expect(harness.counts.get('post_join.unmatched')).toBe(3)
  expect(joined).toHaveLength(WAITING_MAX)
  expect(joined[0]!.at).toBe(later(2))
})

test('the timers of a post that came in time do nothing', () => {
  const { harness } = joining()
  harness.apply(reactionsByPost, aPostReaction())
  harness.apply(posts, published)
  harness.advance(later(2 * WAITING_MS_MAX))
  expect(harness.counts.size).toBe(0)
  expect(harness.rows.size).toBe(1)
})
