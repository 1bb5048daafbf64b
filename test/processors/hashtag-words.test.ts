import { expect, test } from 'vitest'
import { HASHTAG_WORDS_MAX, hashtagWords, readHashtagWords } from '../../processors/hashtag-words.ts'
import { type HashtagPost, hashtagPosts } from '../../processors/topics/post-entry.ts'
import { anEntry, hashtag } from './events.ts'
import { Harness } from './harness.ts'

const tagged = (
  tag: string,
  wordsAdded: readonly string[],
  wordsTaken: readonly string[] = [],
): HashtagPost => ({
  ...anEntry(),
  hashtag: hashtag(tag),
  wordsAdded,
  wordsTaken,
})

test('a hashtag is split by the dictionary from its first post on', () => {
  const harness = new Harness(hashtagWords)
  harness.apply(hashtagPosts, tagged('travelphotography', []))
  expect(readHashtagWords(harness.row('travelphotography'))).toEqual(['travel', 'photography'])
})

test('words that its posts use split what no dictionary knows, until they are taken back', () => {
  const harness = new Harness(hashtagWords)
  harness.apply(hashtagPosts, tagged('zorblaxquimfit', []))
  const before = readHashtagWords(harness.row('zorblaxquimfit'))
  for (let post = 0; post < 3; post++)
    harness.apply(hashtagPosts, tagged('zorblaxquimfit', ['zorblax', 'quimfit']))
  expect(readHashtagWords(harness.row('zorblaxquimfit'))).toEqual(['zorblax', 'quimfit'])
  for (let post = 0; post < 3; post++) {
    harness.apply(hashtagPosts, tagged('zorblaxquimfit', [], ['zorblax', 'quimfit']))
  }
  expect(readHashtagWords(harness.row('zorblaxquimfit'))).toEqual(before)
})

test('beyond the limit the same words are kept in whatever order they come', () => {
  const tag = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnop'
  const words = Array.from({ length: HASHTAG_WORDS_MAX + 6 }, (_, at) => tag.slice(at, at + 4))
  const rows = [words, words.toReversed()].map((ordered) => {
    const harness = new Harness(hashtagWords)
    for (const word of ordered) harness.apply(hashtagPosts, tagged(tag, [word]))
    harness.apply(hashtagPosts, tagged(tag, [], [words[0]!]))
    return harness.row(tag)
  })
  expect(rows[0]!.equals(rows[1]!)).toBe(true)
})
