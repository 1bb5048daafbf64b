import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter, TruncatedBytes } from '../../../engine/bytes.ts'
import type { Codec } from '../../../engine/topic.ts'
import {
  authorPosts,
  type HashtagPost,
  hashtagPosts,
  hourOf,
  mentionPosts,
  type PostEntry,
} from '../../../processors/topics/post-entry.ts'
import { type PostReaction, reactionsByPost } from '../../../processors/topics/post-reaction.ts'
import { millis } from '../../../schemas/ids.ts'
import { AUDIENCES, POST_KINDS } from '../../../schemas/posts/index.ts'
import { REACTION_KINDS } from '../../../schemas/reactions/index.ts'
import { anEntry, aPostReaction, hashtag, userId } from '../events.ts'

const encoded = <Value>(codec: Codec<Value>, value: Value): Buffer => {
  const writer = new ByteWriter(1)
  codec.encode(value, writer)
  return writer.copy()
}

const decoded = <Value>(codec: Codec<Value>, bytes: Buffer): Value => codec.decode(bytes, 0, bytes.length)

const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const maybeId = fc.option(id)
const time = fc.integer({ min: 946_684_800_000, max: 4_102_444_800_000 })

const reaction = fc
  .record({
    userId: maybeId,
    postId: id,
    authorId: id,
    kind: fc.constantFrom(...REACTION_KINDS),
    undo: fc.boolean(),
    value: fc.option(fc.double({ min: 0, max: 86_400_000, noNaN: true })),
    commentId: maybeId,
    country: fc.option(fc.constantFrom('DE', 'ZA', 'US')),
    at: time,
  })
  .map((fields): PostReaction => aPostReaction(fields))

const entry = fc
  .record({
    postId: id,
    authorId: id,
    publishedAt: time,
    kind: fc.constantFrom(...POST_KINDS),
    audience: fc.constantFrom(...AUDIENCES),
    containerId: maybeId,
    language: fc.option(fc.constantFrom('en', 'pt-br')),
    removed: fc.boolean(),
    at: time,
  })
  .map((fields): PostEntry => anEntry(fields))

const hashtagPost = fc
  .tuple(entry, fc.array(id), fc.array(id))
  .map(([each, wordsAdded, wordsTaken]): HashtagPost => {
    return { ...each, hashtag: hashtag('travel'), wordsAdded, wordsTaken }
  })

test('what is written to an internal topic is read as it was', () => {
  fc.assert(
    fc.property(reaction, entry, hashtagPost, (aReaction, anEntry, aHashtagPost) => {
      expect(decoded(reactionsByPost.codec, encoded(reactionsByPost.codec, aReaction))).toEqual(aReaction)
      expect(decoded(authorPosts.codec, encoded(authorPosts.codec, anEntry))).toEqual(anEntry)
      expect(decoded(hashtagPosts.codec, encoded(hashtagPosts.codec, aHashtagPost))).toEqual(aHashtagPost)
      const aMention = { ...anEntry, mentionedId: userId('Zoë') }
      expect(decoded(mentionPosts.codec, encoded(mentionPosts.codec, aMention))).toEqual(aMention)
    }),
  )
})

test('bytes that end early or name no kind are refused', () => {
  const bytes = encoded(reactionsByPost.codec, aPostReaction())
  for (let end = 0; end < bytes.length; end++) {
    expect(() => reactionsByPost.codec.decode(bytes, 0, end)).toThrow(TruncatedBytes)
  }
  const kindAt = 'post-1'.length + 3
  bytes[kindAt] = REACTION_KINDS.length
  expect(() => decoded(reactionsByPost.codec, bytes)).toThrow('DECODE_FAILED')
})

test('a reaction of ordinary ids takes few bytes', () => {
  expect(encoded(reactionsByPost.codec, aPostReaction({ country: 'DE' })).length).toBeLessThan(40)
})

test('an hour is named in UTC', () => {
  expect(hourOf(millis(Date.UTC(2026, 10, 22, 5, 59, 59, 999)))).toBe('2026-11-22T05')
  expect(hourOf(millis(Date.UTC(2026, 10, 22, 6)))).toBe('2026-11-22T06')
})
