import { CONTENT_DIMENSIONS, CONTENT_SCALE } from '../processors/content/direction.ts'
import { contentVectorStart } from '../processors/post-attributes.ts'
import type { UserTaste } from '../processors/user-taste.ts'

/**
 * Copies what a post is about, whose row of `post-attributes` is `[start, end)`, to `vectors[at ..]`: rows change, and
 * may by the time they are ranked. Answers `at`; −1 for a post that says nothing.
 */
export const copyContentVector = (
  row: Buffer,
  start: number,
  end: number,
  vectors: Int8Array,
  at: number,
): number => {
  const vector = contentVectorStart(row, start, end)
  if (vector === -1) return -1
  for (let index = 0; index < CONTENT_DIMENSIONS; index++) vectors[at + index] = row[vector + index]!
  return at
}

/** Cosine of a taste and of a post's vector `vectors[at ..]`: 0 for a viewer of whom nothing is known, null for −1. */
export const contentMatch = (taste: UserTaste | null, vectors: Int8Array, at: number): number | null => {
  if (at === -1) return null
  if (taste === null) return 0
  let product = 0
  for (let index = 0; index < CONTENT_DIMENSIONS; index++) {
    product += taste.direction[index]! * vectors[at + index]!
  }
  return product / CONTENT_SCALE
}
