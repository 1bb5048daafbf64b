import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  postAttributes,
  readPostAttributes,
  readIndexedPost,
  rankedContent,
  readRankedContent,
  TEXT_KEPT_CHARS_MAX,
} from '../../processors/post-attributes.ts'
import { split } from '../../processors/hashtags/segmenter.ts'
import { posts } from '../../processors/topics.ts'
import {
  authorPosts,
  containerPosts,
  hashtagPosts,
  mentionPosts,
  hourPosts,
  type PostEntry,
} from '../../processors/topics/post-entry.ts'
import type { PostId } from '../../schemas/ids.ts'
import type { Post } from '../../schemas/posts/index.ts'
import { aPost, anEntry, later, T0 } from './events.ts'
import { Harness } from './harness.ts'

const after = (...events: readonly Post[]): Harness<unknown> => {
  const harness = new Harness(postAttributes) as Harness<unknown>
  for (const event of events) harness.apply(posts, event)
  return harness
}

/** The content alone, and what indexes tell, are told as the whole row tells them. */
const read = (harness: Harness<unknown>) => {
  const row = harness.row('post-1')
  const attributes = readPostAttributes(row)
  expect(readRankedContent(row, 0, row.length)).toEqual(
    attributes.content && rankedContent(attributes.content),
  )
  const { authorId, publishedAt, content } = attributes
  const postId = 'post-1' as PostId
  const told = content && { kind: content.kind, audience: content.audience }
  const place = content && { containerId: content.containerId, language: content.language }
  const isThere = publishedAt !== null && content !== null
  // Rows lie among others.
  const among = Buffer.concat([Buffer.of(7), row, Buffer.of(7)])
  expect(readIndexedPost(postId, among, 1, 1 + row.length)).toEqual(
    isThere ? { postId, authorId, publishedAt, ...told, ...place } : null,
  )
  return attributes
}

const published = aPost({
  kind: 'photo',
  audience: 'group',
  containerId: 'group-1',
  text: 'A walk in Kanda, then Jimbo',
  language: 'en',
  hashtags: ['kandajimbo', 'walks'],
  mentions: ['user-2'],
})
const edited = (fields: Parameters<typeof aPost>[0]): Post => ({
  ...published,
  ...aPost({ ...published, action: 'edited', eventId: 'edit-1', at: later(1), ...fields }),
})
const deleted = aPost({ action: 'deleted', eventId: 'delete-1', at: later(2) })

/** What an index was told last: an entry that stands, or `null` for one taken back. */
const summary = (entries: readonly PostEntry[]): (string | null)[] =>
  entries.map(({ removed, kind }) => (removed ? null : kind))

test('a post is kept as published', () => {
  expect(read(after(published))).toEqual({
    authorId: 'author-1',
    publishedAt: T0,
    editedAt: null,
    deletedAt: null,
    content: {
      kind: 'photo',
      audience: 'group',
      containerId: 'group-1',
      language: 'en',
      hashtags: ['kandajimbo', 'walks'],
      mentions: ['user-2'],
      text: 'A walk in Kanda, then Jimbo',
    },
  })
})

test('a published post is told to the indexes of its author, container, hour and hashtags', () => {
  const harness = after(published)
  const entry = anEntry({ kind: 'photo', audience: 'group', containerId: 'group-1', language: 'en' })
  expect(harness.sent(authorPosts)).toEqual([entry])
  expect(harness.sent(containerPosts)).toEqual([entry])
  expect(harness.sent(hourPosts)).toEqual([entry])
  expect(harness.sent(hashtagPosts)).toEqual([
    { ...entry, hashtag: 'kandajimbo', wordsAdded: ['jimbo', 'kanda'], wordsTaken: [] },
    { ...entry, hashtag: 'walks', wordsAdded: ['walk'], wordsTaken: [] },
  ])
})

test('long text is cut for display, not in the midst of a character', () => {
  const text = `${'x'.repeat(TEXT_KEPT_CHARS_MAX - 1)}\u{1f600} and more`
  expect(read(after(aPost({ text }))).content?.text).toBe('x'.repeat(TEXT_KEPT_CHARS_MAX - 1))
})

test('an edit of the text alone tells only the hashtags whose words change', () => {
  const harness = after(published, edited({ text: 'A walk in Kanda' }))
  expect(harness.sent(authorPosts)).toHaveLength(1)
  expect(harness.sent(containerPosts)).toHaveLength(1)
  expect(harness.sent(hashtagPosts).slice(2)).toMatchObject([
    { hashtag: 'kandajimbo', wordsAdded: [], wordsTaken: ['jimbo'], removed: false, at: later(1) },
  ])
})

test('an edit that moves a post takes the old entries back', () => {
  const harness = after(published, edited({ containerId: 'group-2', hashtags: ['walks', 'tokyo'] }))
  expect(
    harness.emitted
      .slice(6)
      .map(({ topic, key, value }) => [topic.name, ...key, (value as PostEntry).removed]),
  ).toEqual([
    ['author-posts', 'author-1', false],
    ['hour-posts', '2023-11-14T22', false],
    ['container-posts', 'group-1', true],
    ['container-posts', 'group-2', false],
    ['hashtag-posts', 'kandajimbo', true],
    ['hashtag-posts', 'walks', false],
    ['hashtag-posts', 'tokyo', false],
    ['mention-posts', 'user-2', false],
  ])
  expect(harness.sent(hashtagPosts)[2]).toMatchObject({ wordsAdded: [], wordsTaken: ['jimbo', 'kanda'] })
})

test('an edit tells whom it mentions now, and whom no more', () => {
  const harness = after(published, edited({ mentions: ['user-3', 'user-3'] }))
  expect(harness.sent(mentionPosts).map(({ mentionedId, removed }) => [mentionedId, removed])).toEqual([
    ['user-2', false],
    ['user-2', true],
    ['user-3', false],
  ])
})

test('of edits the last by time wins, whatever the order, and an older one changes no index', () => {
  const older = edited({ kind: 'link', at: later(1) })
  const newer = edited({ kind: 'video', eventId: 'edit-2', at: later(2) })
  const harness = after(published, newer, older)
  expect(read(harness)).toMatchObject({ editedAt: later(2), content: { kind: 'video' } })
  expect(summary(harness.sent(authorPosts))).toEqual(['photo', 'video'])
  expect(harness.row('post-1').equals(after(published, older, newer).row('post-1'))).toBe(true)
})

test('the earliest deletion wins over everything, keeps a tombstone, and takes every entry back', () => {
  const again = aPost({ action: 'deleted', eventId: 'delete-2', at: later(11) })
  const harness = after(published, deleted, edited({ at: later(9) }), { ...published, at: later(10) }, again)
  expect(read(harness)).toEqual({
    authorId: 'author-1',
    publishedAt: T0,
    editedAt: null,
    deletedAt: later(2),
    content: null,
  })
  expect(summary(harness.sent(authorPosts))).toEqual(['photo', null])
  expect(summary(harness.sent(containerPosts))).toEqual(['photo', null])
  expect(summary(harness.sent(hourPosts))).toEqual(['photo', null])
  expect(summary(harness.sent(hashtagPosts))).toEqual(['photo', 'photo', null, null])
  expect(harness.sent(hashtagPosts)[2]).toMatchObject({ wordsTaken: ['jimbo', 'kanda'] })
})

test('a post deleted ahead of its publication is never shown', () => {
  const harness = after(deleted, published)
  expect(read(harness)).toMatchObject({ publishedAt: T0, deletedAt: later(2), content: null })
  expect(harness.emitted).toEqual([])
})

test('an edit ahead of its publication waits for it', () => {
  const harness = after(edited({ kind: 'link' }))
  expect(harness.emitted).toEqual([])
  expect(read(harness)).toMatchObject({ publishedAt: null, content: { kind: 'link' } })
  harness.apply(posts, published)
  expect(summary(harness.sent(authorPosts))).toEqual(['link'])
  expect(read(harness)).toMatchObject({ publishedAt: T0, editedAt: later(1), content: { kind: 'link' } })
})

const event = fc
  .record({
    id: fc.nat(99),
    action: fc.constantFrom('published', 'edited', 'edited', 'deleted'),
    kind: fc.constantFrom('text', 'video'),
    containerId: fc.constantFrom(null, 'group-1', 'group-2'),
    hashtags: fc.subarray(['kandajimbo', 'kandawalks', 'jimbo', 'walks']),
    text: fc.constantFrom(null, 'kanda', 'jimbo walks', 'kanda jimbo walks'),
    after: fc.nat(5),
  })
  .map(({ id, action, kind, containerId, hashtags, text, after: at }) =>
    aPost({
      eventId: `event-${id}`,
      action: action,
      kind: kind,
      containerId,
      hashtags,
      text,
      at: later(at),
    }),
  )

const events = fc.uniqueArray(event, { selector: ({ eventId }) => eventId, minLength: 1, maxLength: 12 })

/** The newest content, where the post is published and not deleted. */
const shownOf = (all: readonly Post[]): Post | undefined => {
  if (all.some(({ action }) => action === 'deleted') || !all.some(({ action }) => action === 'published'))
    return undefined
  return all.toSorted((one, other) => other.at - one.at || (one.eventId < other.eventId ? 1 : -1))[0]
}

/** What the indexes heard in all: entries that stand, by topic and key, and how often each word is used. */
const heard = (harness: Harness<unknown>) => {
  const standing = new Map<string, PostEntry>()
  const words = new Map<string, number>()
  for (const { topic, key, value } of harness.emitted) {
    const entry = value as PostEntry
    const place = `${topic.name} ${key.join(' ')}`
    if (entry.removed) expect(standing.delete(place)).toBe(true)
    else standing.set(place, entry)
  }
  const use = (pair: string, by: number) => words.set(pair, (words.get(pair) ?? 0) + by)
  for (const { hashtag, wordsAdded, wordsTaken } of harness.sent(hashtagPosts)) {
    for (const word of wordsAdded) use(`${hashtag} ${word}`, 1)
    for (const word of wordsTaken) use(`${hashtag} ${word}`, -1)
  }
  return { standing, words }
}

test('after any events the indexes were told exactly what a look at all of them shows', () => {
  fc.assert(
    fc.property(events, (all) => {
      const shown = shownOf(all)
      const { standing, words } = heard(after(...all))
      expect([...standing.keys()].sort()).toEqual(placesOf(shown))
      for (const { kind, containerId } of standing.values()) {
        expect({ kind, containerId }).toEqual({ kind: shown!.kind, containerId: shown!.containerId })
      }
      for (const [pair, count] of words) expect(count).toBe(usesWord(shown, pair) ? 1 : 0)
    }),
  )
})

const placesOf = (shown: Post | undefined): string[] => {
  if (shown === undefined) return []
  const places = ['author-posts author-1', 'hour-posts 2023-11-14T22']
  if (shown.containerId !== null) places.push(`container-posts ${shown.containerId}`)
  return [...places, ...shown.hashtags.map((tag) => `hashtag-posts ${tag}`)].sort()
}

const usesWord = (shown: Post | undefined, pair: string): boolean => {
  const [tag, word] = pair.split(' ')
  if (shown === undefined || !shown.hashtags.some((each) => each === tag)) return false
  const others = shown.hashtags.filter((each) => each !== tag)
  return (
    (shown.text ?? '').split(' ').includes(word!) ||
    others.some((other) => split(other, undefined).includes(word!))
  )
}

test('edits and deletions leave the same row in any order', () => {
  const orders = events.chain((all) => {
    const changes = all.filter(({ action }) => action !== 'published')
    return fc.tuple(fc.constant(changes), fc.shuffledSubarray(changes, { minLength: changes.length }))
  })
  fc.assert(
    fc.property(orders, ([changes, shuffled]) => {
      const row = after(published, ...changes).row('post-1')
      expect(
        after(published, ...shuffled)
          .row('post-1')
          .equals(row),
      ).toBe(true)
    }),
  )
})
