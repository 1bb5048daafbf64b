import { primaryLanguage } from '../../schemas/language.ts'
import { dictionary } from '../hashtags/dictionary.ts'
import { split } from '../hashtags/segmenter.ts'

/** Tokens of a post that count, the first ones: what a post is about is said in its first paragraphs. */
export const TOKENS_MAX = 256
/** Words longer than this also count, at half their weight, by their beginning: `running` is near `runners`. */
const STEM_CHARS = 5
const STEM_SHARE = 0.5
/** A hashtag is chosen by hand. It weighs this from its first use on, whatever it is made of. */
const HASHTAG_WEIGHT = 1

const WORDS = /[#\uff03]?[\p{L}\p{M}\p{N}_]+/gu
/** Scripts that put no spaces between words: two neighbouring characters stand for one. */
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const IS_HASHTAG = /^[#\uff03]/

/** What a text says, as weights by token. Words and hashtags are different tokens. */
export type Tokens = ReadonlyMap<string, number>

/**
 * Tokens of a text and its hashtags, each once. A hashtag counts as itself and by the words it is made of, so that
 * one never seen before is near to what uses its words.
 *
 * @param language of the text, ISO 639-1; null where it is not known
 */
export const tokensOf = (
  text: string | null,
  hashtags: readonly string[],
  language: string | null,
): Tokens => {
  const tokens = new Map<string, number>()
  const add = (token: string, weight: number): void => {
    if (weight > 0 && tokens.size < TOKENS_MAX && !tokens.has(token)) tokens.set(token, weight)
  }
  const addWord = (word: string): void => {
    const weight = weightOf(word, language)
    add(word, weight)
    if (word.length > STEM_CHARS) add(`${word.slice(0, STEM_CHARS)}*`, weight * STEM_SHARE)
  }
  const addHashtag = (hashtag: string): void => {
    add(`#${hashtag}`, HASHTAG_WEIGHT)
    for (const word of wordsOf(hashtag)) addWord(word)
  }
  for (const hashtag of hashtags) addHashtag(hashtag.normalize('NFKC').toLowerCase())
  for (const word of (text ?? '').normalize('NFKC').toLowerCase().match(WORDS) ?? []) {
    if (IS_HASHTAG.test(word)) addHashtag(word.slice(1))
    else if (UNSPACED.test(word)) addBigrams(word, add)
    else addWord(word)
  }
  return tokens
}

/** Hashtags whose words are remembered: to split one takes longer than all else that is done with a post. */
const SPLITS_MAX = 4_096
const splits = new Map<string, readonly string[]>()

const wordsOf = (hashtag: string): readonly string[] => {
  const known = splits.get(hashtag)
  if (known !== undefined) return known
  if (splits.size === SPLITS_MAX) splits.clear()
  const words = split(hashtag, undefined)
  splits.set(hashtag, words)
  return words
}

const BIGRAM_WEIGHT = 0.5

const addBigrams = (run: string, add: (token: string, weight: number) => void): void => {
  const characters = Array.from(run)
  if (characters.length === 1) add(run, BIGRAM_WEIGHT)
  for (let at = 0; at + 1 < characters.length; at++) {
    add(`${characters[at]!}${characters[at + 1]!}`, BIGRAM_WEIGHT)
  }
}

/** Words as common as this share of speech say nothing: those below about one in 200. */
const COMMON_IDF = 0.3
const UNKNOWN_WEIGHT_MAX = 0.7
const WEIGHT_PER_CHARACTER = 0.12
const SHORT_CHARS = 2

/**
 * How much a word tells: its inverse frequency in speech, from 0 for the commonest, by the dictionary that is
 * shipped. Words that it does not know, and those of other languages, tell by their length, for the words that
 * bind sentences are short in most. A dictionary that learns would make vectors hang on what came when.
 */
const weightOf = (word: string, language: string | null): number => {
  const { counts, total } = dictionary()
  const count = language === null || primaryLanguage(language) === 'en' ? counts.get(word) : undefined
  if (count === undefined) {
    return Math.min(UNKNOWN_WEIGHT_MAX, Math.max(0, word.length - SHORT_CHARS) * WEIGHT_PER_CHARACTER)
  }
  return Math.max(0, 1 - Math.log(count) / Math.log(total) - COMMON_IDF)
}
