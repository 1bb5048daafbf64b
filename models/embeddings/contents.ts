import { CONTENT_DIMENSIONS, CONTENT_SCALE } from '../../processors/content/direction.ts'
import type { Example } from '../../schemas/examples/index.ts'

/** Bytes of a row, int8: what its post is about, then what the viewer likes; zeros where that is not known. */
export const CONTENT_BYTES = 2 * CONTENT_DIMENSIONS

/** Where the taste lies in a row. */
export const TASTE_OFFSET = CONTENT_DIMENSIONS

/** Writes one direction, whose bytes lie in `from` from `start` on, to `contents[at ..]`; zeros for null. */
export const writeDirection = (
  from: Uint8Array | Int8Array | null,
  start: number,
  contents: Int8Array,
  at: number,
): void => {
  if (from === null) contents.fill(0, at, at + CONTENT_DIMENSIONS)
  else for (let index = 0; index < CONTENT_DIMENSIONS; index++) contents[at + index] = from[start + index]!
}

/** Writes both directions of an example to `contents[at ..]`; one of another length says nothing here. */
export const writeContentsOf = (
  { contentVector, tasteVector }: Pick<Example, 'contentVector' | 'tasteVector'>,
  contents: Int8Array,
  at: number,
): void => {
  writeDirection(wholeOf(contentVector), 0, contents, at)
  writeDirection(wholeOf(tasteVector), 0, contents, at + TASTE_OFFSET)
}

const wholeOf = (direction: Buffer | null): Buffer | null =>
  direction?.length === CONTENT_DIMENSIONS ? direction : null

/** The first rows as the network reads them: of length 1 a direction. */
export const readContents = (contents: Int8Array, rows: number, into: Float32Array): void => {
  for (let index = 0; index < rows * CONTENT_BYTES; index++) into[index] = contents[index]! / CONTENT_SCALE
}
