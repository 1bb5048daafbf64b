import { CONTENT_DIMENSIONS, CONTENT_SCALE } from '../../processors/content/direction.ts'
import { tasteWeight } from '../../processors/content/taste-weights.ts'
import type { Example } from '../../schemas/examples/index.ts'
import { ITEM_BYTES, packItem } from './tower-inputs.ts'
import type { TowerExample } from './tower-learner.ts'

/**
 * What the towers learn from an example: a pair of a viewer and a public post, both as they were when the post was
 * shown, that counts as much as the reaction tells of a taste. Null of what tells nothing: where nothing was known of
 * either side, of no or of a negative reaction, and of a settled slate, whose labels came one by one before.
 */
export const towerExampleOf = (example: Example): TowerExample | null => {
  const { phase, labels, contentVector, postKind, tasteVector, postId, postLanguage, viewerLanguage } =
    example
  if (phase !== 'late' || contentVector === null || tasteVector === null || postKind === null) return null
  const weight = labels.reduce(
    (sum, { label, value }) => sum + tasteWeight({ kind: label, value, undo: false }),
    0,
  )
  const isWhole = contentVector.length === CONTENT_DIMENSIONS && tasteVector.length === CONTENT_DIMENSIONS
  if (weight <= 0 || !isWhole) return null
  const item = new Int8Array(ITEM_BYTES)
  packItem(signed(contentVector), { language: postLanguage, kind: postKind }, item, 0)
  const taste = Float32Array.from(signed(tasteVector), (value) => value / CONTENT_SCALE)
  return { viewer: { taste, language: viewerLanguage }, postId, item, weight }
}

const signed = ({ buffer, byteOffset, length }: Buffer): Int8Array =>
  new Int8Array(buffer, byteOffset, length)
