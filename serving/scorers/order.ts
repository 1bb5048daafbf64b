/** Items in an order of their indexes. */
export const inOrder = <Item>(items: readonly Item[], order: Uint32Array): Item[] => {
  const ordered: Item[] = []
  for (let place = 0; place < order.length; place++) ordered.push(items[order[place]!]!)
  return ordered
}

/** Indexes below this fit beside a score's 32 bits in a double's 53. */
const INDEX_BITS = 20
const INDEX_SCALE = 2 ** INDEX_BITS
export const ORDERED_MAX = INDEX_SCALE

let keys = new Float64Array(0)
const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)
const SIGN = 0x8000_0000

/** Single-precision numbers as integers in the same order: those below zero have all bits turned, others their sign. */
const rankOf = (score: number): number => {
  float[0] = score
  const raw = bits[0]!
  return (raw & SIGN) === 0 ? (raw | SIGN) >>> 0 : ~raw >>> 0
}

/**
 * The indexes of `scores[0 .. count)`, greatest first, equals in the order given; what is no number comes last.
 * Score and index are sorted as one number, without a comparison in JavaScript. The result is the caller's.
 */
export const orderOf = (scores: Float32Array, count: number): Uint32Array => {
  if (count > ORDERED_MAX) throw new RangeError(`${count} scores, at most ${ORDERED_MAX} are put in order`)
  if (keys.length < count) keys = new Float64Array(Math.max(count, keys.length * 2))
  const view = keys.subarray(0, count)
  for (let index = 0; index < count; index++) {
    const score = scores[index]!
    // Minus zero is zero; 0 is below every number's rank.
    const rank = Number.isNaN(score) ? 0 : rankOf(score + 0)
    view[index] = rank * INDEX_SCALE + (INDEX_SCALE - 1 - index)
  }
  view.sort()
  const order = new Uint32Array(count)
  for (let place = 0; place < count; place++) {
    order[place] = INDEX_SCALE - 1 - (view[count - 1 - place]! % INDEX_SCALE)
  }
  return order
}
