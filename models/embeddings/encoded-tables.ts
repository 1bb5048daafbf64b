import { eachRow, openTables, type OpenTables, type Section } from './byte-layout.ts'
import { gatherVectors, type Place, placesOf, type VectorTable } from './gather.ts'
import { ENTITY_IDS } from './entities.ts'
import { seedOf, startValue } from './start-values.ts'
import { checkRows } from './table.ts'

const NOTHING_LEARNED = -1

/**
 * Tables as they are served: vectors are read where they lie in the bytes of a snapshot, which threads share. Nothing is
 * decoded but where each row is, so a snapshot is loaded in a few milliseconds and takes four bytes a row of each thread.
 */
export class EncodedTables {
  /** Floats of a row's vectors. */
  readonly width: number
  private readonly places: readonly Place<VectorTable>[]

  /** The bytes must not change. Throws a RangeError for bytes that are no tables. */
  constructor(bytes: Uint8Array) {
    const opened = openTables(bytes)
    const { dimensions, sections } = opened
    if (sections.length !== ENTITY_IDS.length)
      throw new RangeError(`${sections.length} tables, ${ENTITY_IDS.length} entities`)
    const tables = sections.map((section, entity) => new EncodedTable(opened, section, seedOf(entity)))
    this.width = dimensions * ENTITY_IDS.length
    this.places = placesOf(tables, dimensions)
  }

  /** Fills `vectors[0 .. rows × width)` for rows of hashes, as `EmbeddingTables` do. */
  gather(words: Uint32Array, rows: number, vectors: Float32Array): void {
    gatherVectors(this.places, this.width, words, rows, vectors)
  }
}

class EncodedTable implements VectorTable {
  private readonly dimensions: number
  private readonly seed: number
  private readonly floats: Float32Array
  /** By row: where its vector begins among the floats, or `NOTHING_LEARNED`. */
  private readonly vectorAt: Int32Array

  constructor(opened: OpenTables, section: Section, seed: number) {
    checkRows(section.rows)
    this.dimensions = opened.dimensions
    this.seed = seed
    this.floats = opened.floats
    this.vectorAt = new Int32Array(section.rows).fill(NOTHING_LEARNED)
    eachRow(opened, section, (row, _at, vectorAt) => (this.vectorAt[row] = vectorAt))
  }

  addTo(hash: number, share: number, target: Float32Array, at: number): void {
    const { dimensions, floats } = this
    const row = hash & (this.vectorAt.length - 1)
    const from = this.vectorAt[row]!
    if (from === NOTHING_LEARNED) return this.addStart(row, share, target, at)
    for (let index = 0; index < dimensions; index++) target[at + index]! += share * floats[from + index]!
  }

  /** What rows start with is worked out anew each time: it would take more memory than all that was learned. */
  private addStart(row: number, share: number, target: Float32Array, at: number): void {
    const { dimensions, seed } = this
    const start = row * dimensions
    // As a float32, which is what tables in training hold.
    for (let index = 0; index < dimensions; index++)
      target[at + index]! += share * Math.fround(startValue(seed, start + index))
  }
}
