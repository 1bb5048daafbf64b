/** Tokens of a text that a model reads, the two at its ends included. */
export const PIECES_MAX = 256
/** A longer word is unknown as a whole. */
const WORD_CHARS_MAX = 100

const CONTINUES = '##'
const UNKNOWN = '[UNK]'
const START = '[CLS]'
const END = '[SEP]'

/** Words, and each sign by itself; Chinese characters too. */
const WORDS = /\p{Script=Han}|[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu
const ACCENTS = /\p{Mn}/gu

/**
 * Cuts text into the pieces of a vocabulary, the longest that fits first: as BERT does for lower-cased text
 * ("Google's Neural Machine Translation System", Wu et al., 2016).
 */
export class WordPieces {
  private readonly ids: ReadonlyMap<string, number>

  /** A piece's id is its line, from 0. Throws a RangeError for a vocabulary without the pieces that every text needs. */
  constructor(vocabulary: readonly string[]) {
    this.ids = new Map(vocabulary.map((piece, id) => [piece, id]))
    for (const piece of [UNKNOWN, START, END]) {
      if (!this.ids.has(piece)) throw new RangeError(`the vocabulary has no ${piece}`)
    }
  }

  /** Ids of the pieces, with those that mark the ends. */
  of(text: string): number[] {
    const plain = text.toLowerCase().normalize('NFD').replace(ACCENTS, '')
    const pieces: number[] = []
    for (const word of plain.match(WORDS) ?? []) pieces.push(...this.cut(word))
    return [this.ids.get(START)!, ...pieces.slice(0, PIECES_MAX - 2), this.ids.get(END)!]
  }

  private cut(word: string): readonly number[] {
    const unknown = [this.ids.get(UNKNOWN)!]
    if (word.length > WORD_CHARS_MAX) return unknown
    const pieces: number[] = []
    for (let start = 0; start < word.length;) {
      let end = word.length
      let id: number | undefined
      for (; end > start; end--) {
        id = this.ids.get((start > 0 ? CONTINUES : '') + word.slice(start, end))
        if (id !== undefined) break
      }
      if (id === undefined) return unknown
      pieces.push(id)
      start = end
    }
    return pieces
  }
}
