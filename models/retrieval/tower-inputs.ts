import { CONTENT_DIMENSIONS, CONTENT_SCALE } from '../../processors/content/direction.ts'
import { Fingerprint } from '../../processors/fingerprint.ts'
import { primaryLanguage } from '../../schemas/language.ts'
import { POST_KINDS, type PostKind } from '../../schemas/posts/kinds.ts'

/**
 * What the towers read. Both read nothing but what is known of their own side, so that the vectors of posts are
 * made once for all viewers: "decomposable" features. A viewer's are a taste and a language, a post's are what it is
 * about, its language and its kind; both lie in a row of the same width.
 */
/** Places that languages share. */
export const LANGUAGES = 8
const LANGUAGE_AT = CONTENT_DIMENSIONS
const KIND_AT = LANGUAGE_AT + LANGUAGES
export const TOWER_INPUTS = KIND_AT + POST_KINDS.length

/** Names of the inputs, in order: the same on both sides, and of a viewer's the kinds are never known. */
export const TOWER_COLUMNS: readonly string[] = [
  ...Array.from({ length: CONTENT_DIMENSIONS }, (_, index) => `content.${index}`),
  ...Array.from({ length: LANGUAGES }, (_, index) => `language.${index}`),
  ...POST_KINDS.map((kind) => `kind.${kind}`),
]

/** What is known of a post, as bytes: `CONTENT_DIMENSIONS` of its content vector, its language and its kind. */
export const ITEM_BYTES = CONTENT_DIMENSIONS + 2
const LANGUAGE_BYTE = CONTENT_DIMENSIONS
const KIND_BYTE = LANGUAGE_BYTE + 1

export interface ViewerSide {
  /** `CONTENT_DIMENSIONS`, of length 1; null where nothing is known. */
  readonly taste: Float32Array | null
  readonly language: string | null
}

const fingerprint = new Fingerprint()

/** Which of the few places a language has, from 1; 0 where none is known. Languages share places. */
const languagePlace = (language: string | null): number =>
  language === null ? 0 : 1 + (fingerprint.of(primaryLanguage(language)).low % LANGUAGES)

/** Packs what is known of a post into `into[at ..]`; a vector of zeros stands for none. */
export const packItem = (
  content: Int8Array,
  { language, kind }: { readonly language: string | null; readonly kind: PostKind },
  into: Int8Array,
  at: number,
): void => {
  into.set(content, at)
  into[at + LANGUAGE_BYTE] = languagePlace(language)
  into[at + KIND_BYTE] = POST_KINDS.indexOf(kind)
}

/** Fills a row of the item tower's inputs from a packed post. */
export const readItem = (packed: Int8Array, at: number, row: Float32Array, to: number): void => {
  row.fill(0, to, to + TOWER_INPUTS)
  for (let index = 0; index < CONTENT_DIMENSIONS; index++)
    row[to + index] = packed[at + index]! / CONTENT_SCALE
  const language = packed[at + LANGUAGE_BYTE]!
  if (language > 0) row[to + LANGUAGE_AT + language - 1] = 1
  row[to + KIND_AT + packed[at + KIND_BYTE]!] = 1
}

/** Fills a row of the viewer tower's inputs. */
export const readViewer = ({ taste, language }: ViewerSide, row: Float32Array, to: number): void => {
  row.fill(0, to, to + TOWER_INPUTS)
  if (taste !== null) row.set(taste, to)
  const place = languagePlace(language)
  if (place > 0) row[to + LANGUAGE_AT + place - 1] = 1
}
