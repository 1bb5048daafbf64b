import { ENTITY_IDS, ENTITY_WORDS, ID_WORDS } from './entities.ts'
import { EmbeddingTable } from './table.ts'

/** Of tables: what decides their memory. */
export interface EmbeddingSizes {
  readonly dimensions: number
  /** Rows of each entity's table, powers of two, in the order of `ENTITY_IDS`. */
  readonly rows: readonly number[]
}

/** Where an entity's hashes and vector lie in a row. */
interface Place {
  readonly table: EmbeddingTable
  readonly words: number
  readonly idsMax: number
  readonly vector: number
}

/**
 * The tables of all entities: ids go in, as rows of hashes (see entities.ts), vectors side by side come out. An
 * entity's vector is the mean over its ids in the row, and zero where it has none. What is learned is a function
 * of the order of steps alone.
 */
export class EmbeddingTables {
  readonly sizes: EmbeddingSizes
  /** Floats of a row's vectors. */
  readonly width: number
  readonly tables: readonly EmbeddingTable[]
  private readonly places: readonly Place[]

  constructor(sizes: EmbeddingSizes) {
    if (sizes.rows.length !== ENTITY_IDS.length) {
      throw new RangeError(`${sizes.rows.length} tables, ${ENTITY_IDS.length} entities`)
    }
    this.sizes = sizes
    this.width = sizes.dimensions * ENTITY_IDS.length
    let words = 0
    this.places = ENTITY_IDS.map(({ idsMax }, index) => {
      const table = new EmbeddingTable(sizes.rows[index]!, sizes.dimensions, index + 1)
      const place = { table, words, idsMax, vector: index * sizes.dimensions }
      words += idsMax * ID_WORDS
      return place
    })
    this.tables = this.places.map(({ table }) => table)
  }

  /** Fills `vectors[0 .. rows × width)` for rows of hashes. */
  gather(words: Uint32Array, rows: number, vectors: Float32Array): void {
    vectors.fill(0, 0, rows * this.width)
    for (const { table, words: start, idsMax, vector } of this.places) {
      for (let row = 0; row < rows; row++) {
        const from = row * ENTITY_WORDS + start
        const ids = countIds(words, from, idsMax)
        const to = row * this.width + vector
        for (let word = 0; word < ids * ID_WORDS; word++)
          table.addTo(words[from + word]!, 1 / ids, vectors, to)
      }
    }
  }

  /**
   * Learns from the gradients of what `gather` answered for these rows, each times `scale`, at a rate. `at` is the
   * time that what is touched now expires from.
   */
  learn(
    words: Uint32Array,
    rows: number,
    gradients: Float32Array,
    { rate, at, scale = 1 }: { readonly rate: number; readonly at: number; readonly scale?: number },
  ): void {
    for (const { table, words: start, idsMax, vector } of this.places) {
      for (let row = 0; row < rows; row++) {
        const from = row * ENTITY_WORDS + start
        const ids = countIds(words, from, idsMax)
        const to = row * this.width + vector
        for (let word = 0; word < ids * ID_WORDS; word++)
          table.collect(words[from + word]!, scale / ids, gradients, to)
      }
      table.step(rate, at)
    }
  }

  /** Starts rows anew that were last touched before a time; answers how many. */
  expire(before: number): number {
    return this.tables.reduce((expired, table) => expired + table.expire(before), 0)
  }
}

/** Ids of an entity come first, then none. */
const countIds = (words: Uint32Array, from: number, idsMax: number): number => {
  let ids = 0
  while (ids < idsMax && (words[from + ids * ID_WORDS] !== 0 || words[from + ids * ID_WORDS + 1] !== 0)) ids++
  return ids
}
