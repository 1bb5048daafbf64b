import { dictionary } from './dictionary.ts'

/** A longer hashtag is not looked into: its parts between hard boundaries stay whole. UTF-16 units. */
export const HASHTAG_CHARS_MAX = 64

/** No longer word is looked up, in the dictionary or in the corpus. UTF-16 units. */
export const WORD_CHARS_MAX = 24

/** A run of digits, or a run of anything but digits and separators. */
const PARTS = /\p{Nd}+|[^\p{Nd}_-]+/gu

/** Lower-case letters of Latin alphabets, Basic Latin to Latin Extended-B. */
const LATIN = /^[a-z\u00df-\u00f6\u00f8-\u024f]+$/

/** A shorter run has no two words in it. */
const SPLIT_CHARS_MIN = 3

/** Unknown pieces cost at least as much as one of this length, so that no stray letter is cut off a name. */
const STRAY_CHARS = 3

/**
 * Cost (negative natural logarithm of the probability) of a word that nobody counted: 10 / (total · 10^length),
 * so that a long unknown piece is likelier a name than many small words by chance.
 * Source: Norvig, "Natural Language Corpus Data", in Beautiful Data (2009).
 */
const unknownCost = (length: number, logTotal: number): number =>
  logTotal + (Math.max(length, STRAY_CHARS) - 1) * Math.LN10

/**
 * One- and two-letter words count a twentieth: in speech they are far commoner than in hashtags, and left so they
 * win stray letters (`doglover` into `do`, `glover`). Chosen on the labelled hashtags in the test's tuning set.
 */
const SHORT_WORD_COST = Math.log(20)

const wordCost = (count: number, length: number, logTotal: number): number => {
  if (count <= 0) return unknownCost(length, logTotal)
  return logTotal - Math.log(count) + (length <= 2 ? SHORT_WORD_COST : 0)
}

const splitLatin = (run: string, corpus: ReadonlyMap<string, number> | undefined): readonly string[] => {
  const { counts, total } = dictionary()
  if (run.length < SPLIT_CHARS_MIN || counts.has(run)) return [run]
  const logTotal = Math.log(total)
  const countOf = (start: number, end: number): number => {
    if (end - start > WORD_CHARS_MAX) return 0
    const word = run.slice(start, end)
    return (counts.get(word) ?? 0) + (corpus?.get(word) ?? 0)
  }
  // cost[end] is the least cost of run[0, end); from[end] is where its last word begins.
  const cost = new Float64Array(run.length + 1)
  const from = new Uint8Array(run.length + 1)
  for (let end = 1; end <= run.length; end++) {
    cost[end] = Number.POSITIVE_INFINITY
    for (let start = 0; start < end; start++) {
      const candidate = cost[start]! + wordCost(countOf(start, end), end - start, logTotal)
      // Strictly less: of equal splits the one with the longest last word stays.
      if (candidate < cost[end]!) {
        cost[end] = candidate
        from[end] = start
      }
    }
  }
  const words: string[] = []
  for (let end = run.length; end > 0; end = from[end]!) words.unshift(run.slice(from[end], end))
  return words
}

/**
 * Splits a lower-cased hashtag (without its #) into words: `travelphotography` into `travel`, `photography`.
 *
 * Digits, underscores and hyphens always bound a word (`summer2024` into `summer`, `2024`). Between them, runs of
 * Latin letters are cut where a unigram model finds the likeliest words; a run that is itself a word, and text
 * in other scripts, stays whole. Pure: the same hashtag and counts give the same words.
 *
 * @param corpus counts of single words in live text, added to the dictionary's; not of whole hashtags, which
 *   would make every run of words a word. Counts are occurrences, as are the dictionary's (50 million in all).
 */
export const split = (
  hashtag: string,
  corpus: ReadonlyMap<string, number> | undefined,
): readonly string[] => {
  const parts = hashtag.match(PARTS) ?? []
  if (hashtag.length > HASHTAG_CHARS_MAX) return parts
  return parts.flatMap((part) => (LATIN.test(part) ? splitLatin(part, corpus) : [part]))
}
