import { ENTITY_IDS, ENTITY_WORDS, ID_WORDS } from './entities.ts'
import { countIds, gatherVectors, type Place, placesOf } from './gather.ts'
import { seedOf } from './start-values.ts'
import { EmbeddingTable } from './table.ts'

/** Of tables: what decides their memory. */
export interface EmbeddingSizes {
  readonly dimensions: number
  /** Rows of each entity's table, powers of two, in the order of `ENTITY_IDS`. */
  readonly rows: readonly number[]
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
  private readonly places: readonly Place<EmbeddingTable>[]

  constructor(sizes: EmbeddingSizes) {
    if (sizes.rows.length !== ENTITY_IDS.length) {
      throw new RangeError(`${sizes.rows.length} tables, ${ENTITY_IDS.length} entities`)
    }
    this.sizes = sizes
    this.width = sizes.dimensions * ENTITY_IDS.length
    this.tables = sizes.rows.map((rows, index) => new EmbeddingTable(rows, sizes.dimensions, seedOf(index)))
    this.places = placesOf(this.tables, sizes.dimensions)
  }

  /** Fills `vectors[0 .. rows × width)` for rows of hashes. */
  gather(words: Uint32Array, rows: number, vectors: Float32Array): void {
    gatherVectors(this.places, this.width, words, rows, vectors)
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
