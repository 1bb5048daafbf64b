import { expect, test } from 'vitest'
import { HASHTAG_WORDS_PER_POST_MAX, hashtagWordsOf } from '../../processors/post-words.ts'
import type { Hashtag } from '../../schemas/ids.ts'

const wordsOf = (text: string | null, ...hashtags: readonly string[]): (readonly string[])[] =>
  hashtagWordsOf(text, hashtags as readonly Hashtag[])

test('words of the text that lie within the hashtag are its words, longest first', () => {
  expect(wordsOf('Kanda walks: from KANDA, to Jimbo!', 'kandajimbo', 'walks')).toEqual([
    ['jimbo', 'kanda'],
    [],
  ])
})

test('words that other hashtags are made of count too, split', () => {
  expect(wordsOf(null, 'travelphotography', 'travelphoto', 'photography_now')).toEqual([
    ['photography', 'travel', 'photo'],
    ['travel'],
    ['photography', 'photo'],
  ])
})

test('a hashtag within the text is no word, nor is the hashtag itself', () => {
  expect(wordsOf('#travelphoto travelphotography \uff03graphy', 'travelphotography')).toEqual([[]])
})

test('short words and overlong lists are left out', () => {
  const [words] = wordsOf('ab abc bcd cde def efg fgh ghi hij ijk jkl abcd', 'abcdefghijkl')
  expect(words).toHaveLength(HASHTAG_WORDS_PER_POST_MAX)
  expect(words!.slice(0, 3)).toEqual(['abcd', 'abc', 'bcd'])
})

test('a post without hashtags or text has no words', () => {
  expect(wordsOf('travel')).toEqual([])
  expect(wordsOf(null, 'travel')).toEqual([[]])
})
