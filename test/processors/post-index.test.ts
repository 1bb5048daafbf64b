import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AUTHOR_POSTS_MAX,
  mentions,
  postsByAuthor,
  postsByContainer,
  postsByHashtag,
  postsByHour,
  readPosts,
} from '../../processors/post-index.ts'
import {
  authorPosts,
  containerPosts,
  hashtagPosts,
  hourPosts,
  mentionPosts,
  type PostEntry,
} from '../../processors/topics/post-entry.ts'
import { millis } from '../../schemas/ids.ts'
import { anEntry, hashtag, later, userId } from './events.ts'
import { Harness } from './harness.ts'

const published = (after: number, id = `post-${after}`, fields: Partial<PostEntry> = {}): PostEntry => ({
  ...anEntry({ postId: id, publishedAt: later(after), at: later(after) }),
  ...fields,
})

const indexed = (entries: readonly PostEntry[]): Buffer => {
  const harness = new Harness(postsByAuthor)
  for (const entry of entries) harness.apply(authorPosts, entry)
  return harness.row('author-1')
}

const idsIn = (row: Buffer, ...limits: [after?: number, max?: number]): string[] =>
  readPosts(row, limits[0] === undefined ? undefined : later(limits[0]), limits[1]).map(
    ({ postId }) => postId,
  )

test('posts are read newest first, after a time, and no more than asked for', () => {
  const row = indexed([published(2), published(1), published(3)])
  expect(idsIn(row)).toEqual(['post-3', 'post-2', 'post-1'])
  expect(idsIn(row, 1)).toEqual(['post-3', 'post-2'])
  expect(idsIn(row, 0, 1)).toEqual(['post-3'])
})

test('a post is listed as its last entry says', () => {
  const row = indexed([
    published(1),
    published(1, 'post-1', { kind: 'video', audience: 'friends', language: 'de' }),
  ])
  const { removed: _removed, at: _at, ...post } = published(1)
  expect(readPosts(row)).toEqual([{ ...post, kind: 'video', audience: 'friends', language: 'de' }])
})

test('each index is keyed by its own id', () => {
  const inGroup = anEntry({ containerId: 'group-1', publishedAt: Date.UTC(2026, 10, 22, 5, 30) })
  const byContainer = new Harness(postsByContainer)
  const byHour = new Harness(postsByHour)
  const byHashtag = new Harness(postsByHashtag)
  const byMention = new Harness(mentions)
  byContainer.apply(containerPosts, inGroup)
  byHour.apply(hourPosts, inGroup)
  byHashtag.apply(hashtagPosts, { ...inGroup, hashtag: hashtag('travel'), wordsAdded: [], wordsTaken: [] })
  byMention.apply(mentionPosts, { ...inGroup, mentionedId: userId('user-9') })
  expect(readPosts(byMention.row('user-9'))).toHaveLength(1)
  expect(readPosts(byContainer.row('group-1'))).toHaveLength(1)
  expect(readPosts(byHour.row('2026-11-22T05'))).toHaveLength(1)
  expect(readPosts(byHashtag.row('travel'))).toHaveLength(1)
})

test('a removed post holds its place, and no post beyond the bound comes back', () => {
  const posts = Array.from({ length: AUTHOR_POSTS_MAX + 1 }, (_, at) => published(at))
  const row = indexed([...posts, published(7, 'post-7', { removed: true }), published(0)])
  const ids = idsIn(row)
  expect(ids).toHaveLength(AUTHOR_POSTS_MAX - 1)
  expect(ids).not.toContain('post-7')
  expect(ids).not.toContain('post-0')
})

interface Step {
  readonly post: number
  readonly removed: boolean
  readonly video: boolean
}

const entryOf = ({ post, removed, video }: Step): PostEntry =>
  published(post % 550, `post-${post}`, { removed, kind: video ? 'video' : 'text' })

test('any interleaving of posts gives the row of a brute-force index', () => {
  const step = fc.record({ post: fc.nat(600), removed: fc.boolean(), video: fc.boolean() })
  const base = Array.from({ length: AUTHOR_POSTS_MAX - 10 }, (_, post) => ({
    post,
    removed: false,
    video: false,
  }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, seed) => {
      const entries = [...base, ...steps].map(entryOf)
      const ordered = readPosts(indexed(entries))
      expect(ordered).toEqual(bruteForce(entries))
      expect(readPosts(indexed(interleaved(entries, seed)))).toEqual(ordered)
    }),
    { numRuns: 20 },
  )
})

/** Moves whole posts about, keeping each post's own entries in order. */
const interleaved = (entries: readonly PostEntry[], seed: number): PostEntry[] => {
  const rank = (id: string): number => (Number(id.slice('post-'.length)) * 2_654_435_761 + seed) % 1_009
  return entries.toSorted((one, other) => rank(one.postId) - rank(other.postId))
}

const bruteForce = (entries: readonly PostEntry[]) => {
  const last = new Map(entries.map((entry) => [entry.postId, entry]))
  return [...last.values()]
    .sort((one, other) => other.publishedAt - one.publishedAt || (one.postId < other.postId ? 1 : -1))
    .slice(0, AUTHOR_POSTS_MAX)
    .filter(({ removed }) => !removed)
    .map(({ removed: _removed, at: _at, ...post }) => ({ ...post, publishedAt: millis(post.publishedAt) }))
}
