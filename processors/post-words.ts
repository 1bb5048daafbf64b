import type { Hashtag } from '../schemas/ids.ts'
import { compareWords } from './hashtag-words.ts'
import { split, WORD_CHARS_MAX } from './hashtags/segmenter.ts'

/** Shorter words are found in the letters of nearly any hashtag. UTF-16 units. */
export const WORD_CHARS_MIN = 3

/** Words that one post gives one hashtag. */
export const HASHTAG_WORDS_PER_POST_MAX = 8

/** A word, or a hashtag in the text with its mark: those are words run together, not words. */
const TOKENS = /[#\uff03][\p{L}\p{M}\p{N}_-]+|[\p{L}\p{M}]+/gu
const MARKS = new Set(['#', '\uff03'])

const fits = (word: string): boolean => word.length >= WORD_CHARS_MIN && word.length <= WORD_CHARS_MAX

const wordsOf = (text: string): Set<string> => {
  const tokens = text.normalize('NFC').toLowerCase().match(TOKENS) ?? []
  return new Set(tokens.filter((token) => fits(token) && !MARKS.has(token[0]!)))
}

/**
 * For each hashtag of a post, the words of its text and of its other hashtags (split by the dictionary) that
 * are part of the hashtag's letters: at most `HASHTAG_WORDS_PER_POST_MAX`, longest first. The hashtag itself
 * is none of them, or every hashtag would be a word.
 */
export const hashtagWordsOf = (text: string | null, hashtags: readonly Hashtag[]): (readonly string[])[] => {
  if (hashtags.length === 0) return []
  const inText = wordsOf(text ?? '')
  const inHashtags = hashtags.map((hashtag) => split(hashtag, undefined).filter(fits))
  return hashtags.map((hashtag, own) => {
    const words = new Set(inText)
    inHashtags.forEach((others, index) => {
      if (index !== own) for (const word of others) words.add(word)
    })
    const within = [...words].filter((word) => word !== hashtag && hashtag.includes(word))
    return within.sort(compareWords).slice(0, HASHTAG_WORDS_PER_POST_MAX)
  })
}
