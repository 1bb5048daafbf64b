import { Random } from '../../../engine/driver/random.ts'
import { ITEM_DIMENSIONS, quantiseInto } from '../../../models/retrieval/vector-index.ts'

/** Unit vectors around some centres, as posts lie around subjects. */
export const vectorsAround = (centres: number, count: number, seed = 1): Int8Array => {
  const random = new Random(seed)
  const uniform = (): number => random.next() - 0.5
  const middles = Array.from({ length: centres }, () =>
    Float32Array.from({ length: ITEM_DIMENSIONS }, uniform),
  )
  const vectors = new Int8Array(count * ITEM_DIMENSIONS)
  for (let index = 0; index < count; index++) {
    const middle = middles[random.below(centres)]!
    quantiseInto(
      middle.map((value) => value + 0.8 * uniform()),
      vectors,
      index * ITEM_DIMENSIONS,
    )
  }
  return vectors
}

export const vectorOf = (vectors: Int8Array, index: number): Int8Array =>
  vectors.slice(index * ITEM_DIMENSIONS, (index + 1) * ITEM_DIMENSIONS)

export const productOf = (one: Int8Array, other: Int8Array): number =>
  one.reduce((sum, value, index) => sum + value * other[index]!, 0)

/** Slots in the order of their products with a vector, by looking at each: greatest first, the least slot first. */
export const byProduct = (vectors: ReadonlyMap<number, Int8Array>, vector: Int8Array): number[] =>
  [...vectors]
    .map(([slot, each]) => ({ slot, product: productOf(each, vector) }))
    .sort((one, other) => other.product - one.product || one.slot - other.slot)
    .map(({ slot }) => slot)

/** 0, 1, … */
export const slotsBelow = (count: number, first = 0): Uint32Array =>
  Uint32Array.from({ length: count }, (_, index) => first + index)
