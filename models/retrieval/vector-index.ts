/** Of every vector in an index: int8, one byte each. */
export const ITEM_DIMENSIONS = 64
/** A unit vector's component of 1. */
export const ITEM_SCALE = 127

/** What a search found, nearest first. */
export interface Matches {
  readonly slots: Uint32Array
  /** Cosines, as far as int8 holds them. */
  readonly scores: Float32Array
}

/**
 * Finds the vectors nearest to another one: of the greatest product, which for vectors of one length is the least
 * angle. Vectors lie in slots, whole numbers from 0 that the caller gives out and uses again, so that arrays may be
 * addressed by them. One call at a time.
 */
export interface VectorIndex {
  /** Vectors in it. */
  readonly size: number
  /**
   * Puts `ITEM_DIMENSIONS` int8 a slot, of length `ITEM_SCALE`, and replaces what lies there. Throws what memory
   * throws.
   */
  put(slots: Uint32Array, vectors: Int8Array): void
  /** A slot that holds nothing is left as it is. */
  remove(slots: Uint32Array): void
  /** At most `count` of the nearest to a vector of the same kind; fewer only where there are fewer. */
  search(vector: Int8Array, count: number): Promise<Matches>
  dispose(): Promise<void>
}

export const NO_MATCHES: Matches = { slots: new Uint32Array(0), scores: new Float32Array(0) }

/** A direction as int8 of length `ITEM_SCALE`, at `into[at..]`; zeros for a vector of zeros. */
export const quantiseInto = (vector: Float32Array, into: Int8Array, at: number): void => {
  let square = 0
  for (let index = 0; index < ITEM_DIMENSIONS; index++) square += vector[index]! ** 2
  const scale = square > 0 ? ITEM_SCALE / Math.sqrt(square) : 0
  for (let index = 0; index < ITEM_DIMENSIONS; index++) into[at + index] = Math.round(vector[index]! * scale)
}
