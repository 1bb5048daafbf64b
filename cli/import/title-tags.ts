/** Tags found in a title: whole words, the longest first, none overlapping; given in the title's order. */
export type TitleTagger = (title: string) => readonly string[]

/** A question has at most five tags on Stack Exchange. */
export const TITLE_TAGS_MAX = 5

const WORD = /[\p{L}\p{N}]+/gu

/** Tags this short are codes, of airports for the most part, and many spell a common word: CAN, SEA, GOT. */
const CODE_CHARS_MAX = 3

const wordsOf = (text: string): readonly string[] => text.match(WORD) ?? []

interface Match {
  readonly start: number
  readonly words: number
  readonly tag: string
}

const overlaps = (one: Match, other: Match): boolean =>
  one.start < other.start + other.words && other.start < one.start + one.words

const isCapital = (word: string): boolean => word === word.toUpperCase()

/**
 * `air-new-zealand` is found where the words air, new, zealand stand in a row. Tags with other signs (`c++`) are
 * left out: their words would be found where something else is meant. Codes must stand in capitals.
 */
export const titleTagger = (tagNames: Iterable<string>): TitleTagger => {
  const tagsByWords = new Map<string, string>()
  let wordsMax = 0
  for (const tag of tagNames) {
    const words = wordsOf(tag)
    if (words.join('-') !== tag) continue
    tagsByWords.set(words.join(' '), tag)
    wordsMax = Math.max(wordsMax, words.length)
  }
  return (title) => {
    const written = wordsOf(title)
    const words = written.map((word) => word.toLowerCase())
    const matches: Match[] = []
    for (let length = Math.min(wordsMax, words.length); length > 0; length--) {
      for (let start = 0; start + length <= words.length; start++) {
        const tag = tagsByWords.get(words.slice(start, start + length).join(' '))
        if (tag === undefined || (tag.length <= CODE_CHARS_MAX && !isCapital(written[start]!))) continue
        const match = { start, words: length, tag }
        if (!matches.some((found) => found.tag === tag || overlaps(found, match))) matches.push(match)
      }
    }
    return matches
      .slice(0, TITLE_TAGS_MAX)
      .sort((one, other) => one.start - other.start)
      .map(({ tag }) => tag)
  }
}
