import { CONTENT_DIMENSIONS, CONTENT_SCALE } from '../processors/content/content-vector.ts'
import { contentVectorStart } from '../processors/post-attributes.ts'
import type { UserTaste } from '../processors/user-taste.ts'

/**
 * Cosine of a taste and of what the post is about whose row of `post-attributes` is `[start, end)`: 0 for a viewer of
 * whom nothing is known, null for a post that says nothing.
 */
export const contentMatch = (
  taste: UserTaste | null,
  row: Buffer,
  start: number,
  end: number,
): number | null => {
  const vector = contentVectorStart(row, start, end)
  if (vector === -1) return null
  if (taste === null) return 0
  let product = 0
  for (let index = 0; index < CONTENT_DIMENSIONS; index++) {
    product += taste.direction[index]! * ((row[vector + index]! << 24) >> 24)
  }
  return product / CONTENT_SCALE
}
