import type { Processor, StateLayout } from '../engine/processor.ts'
import { on } from '../engine/processor.ts'
import { split } from './hashtags/segmenter.ts'
import { stateOf } from './rows.ts'
import { hashtagPosts, readWords, writeWords } from './topics/post-entry.ts'

/** Words counted for a hashtag. */
export const HASHTAG_WORDS_MAX = 32

interface HashtagWords {
  /** Posts that use the hashtag and the word, in the order of `ranked`. */
  counts: Map<string, number>
  /** The hashtag, split; null for one not seen before. */
  words: readonly string[] | null
}

const layout: StateLayout<HashtagWords> = {
  version: 1,
  create: () => ({ counts: new Map(), words: null }),
  read(reader) {
    const words = readWords(reader)
    const counts = new Map<string, number>()
    for (let left = reader.varint(); left > 0; left--) counts.set(reader.string(), reader.signedVarint())
    return { counts, words }
  },
  write({ counts, words }, writer) {
    if (words === null) return false
    writeWords(words, writer)
    writer.varint(counts.size)
    for (const [word, count] of counts) {
      writer.string(word)
      writer.signedVarint(count)
    }
    return true
  },
}

/** Longer words first, for they say more; then in order of their characters. */
export const compareWords = (one: string, other: string): number =>
  other.length - one.length || (one < other ? -1 : one > other ? 1 : 0)

const addTo = (counts: Map<string, number>, words: readonly string[], by: number): void => {
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + by)
}

/**
 * Which words are kept is decided by their rank alone, and a word that fell to zero holds its place. So a
 * word once left out never comes back with half of its count, whatever the order of events.
 */
const ranked = (counts: ReadonlyMap<string, number>): Map<string, number> =>
  new Map([...counts].sort(([one], [other]) => compareWords(one, other)).slice(0, HASHTAG_WORDS_MAX))

/**
 * Splits each hashtag into words by the dictionary and the words its own posts use. Keyed by hashtag, so the
 * split depends on that hashtag's posts alone and comes out alike however the work is spread.
 */
export const hashtagWords: Processor<HashtagWords> = {
  name: 'hashtag-words',
  about: 'Splits hashtags into words, by a dictionary and the words of their own posts.',
  state: layout,
  handlers: [
    on({
      input: hashtagPosts,
      key: (entry, key) => key.id(entry.hashtag),
      process({ hashtag, wordsAdded, wordsTaken }, state: HashtagWords) {
        if (state.words !== null && wordsAdded.length + wordsTaken.length === 0) return false
        addTo(state.counts, wordsAdded, 1)
        addTo(state.counts, wordsTaken, -1)
        state.counts = ranked(state.counts)
        state.words = split(hashtag, state.counts)
        return true
      },
    }),
  ],
  outputs: [],
}

/** The words of the hashtag, in a row of `hashtag-words`. */
export const readHashtagWords = (row: Buffer): readonly string[] => stateOf(layout, row).words ?? []
