import { ENTITY_IDS, ENTITY_WORDS, ID_WORDS } from './entities.ts'

/** Rows of vectors that hashes find. */
export interface VectorTable {
  /** Adds `share` of the row that a hash finds to `target[at..]`. */
  addTo(hash: number, share: number, target: Float32Array, at: number): void
}

/** Where an entity's hashes and vector lie in a row. */
export interface Place<Table extends VectorTable> {
  readonly table: Table
  readonly words: number
  readonly idsMax: number
  readonly vector: number
}

/** Of the entities' tables, in the order of `ENTITY_IDS`. */
export const placesOf = <Table extends VectorTable>(
  tables: readonly Table[],
  dimensions: number,
): readonly Place<Table>[] => {
  let words = 0
  return ENTITY_IDS.map(({ idsMax }, index) => {
    const place = { table: tables[index]!, words, idsMax, vector: index * dimensions }
    words += idsMax * ID_WORDS
    return place
  })
}

/**
 * Fills `vectors[0 .. rows × width)` for rows of hashes: an entity's vector is the mean over its ids in the row, and zero
 * where it has none.
 */
export const gatherVectors = (
  places: readonly Place<VectorTable>[],
  width: number,
  words: Uint32Array,
  rows: number,
  vectors: Float32Array,
): void => {
  vectors.fill(0, 0, rows * width)
  for (const { table, words: start, idsMax, vector } of places) {
    for (let row = 0; row < rows; row++) {
      const from = row * ENTITY_WORDS + start
      const ids = countIds(words, from, idsMax)
      const to = row * width + vector
      for (let word = 0; word < ids * ID_WORDS; word++) table.addTo(words[from + word]!, 1 / ids, vectors, to)
    }
  }
}

/** Ids of an entity come first, then none. */
export const countIds = (words: Uint32Array, from: number, idsMax: number): number => {
  let ids = 0
  while (ids < idsMax && (words[from + ids * ID_WORDS] !== 0 || words[from + ids * ID_WORDS + 1] !== 0)) ids++
  return ids
}
