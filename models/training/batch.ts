import { Fingerprint } from '../../processors/fingerprint.ts'
import type { Example } from '../../schemas/examples/index.ts'
import { packedColumns, unpackInto } from '../../schemas/impressions/packed-features.ts'
import { ENTITY_WORDS, type EntityIds, writeEntityIds } from '../embeddings/entities.ts'
import type { Head } from '../heads.ts'
import type { RowLayout } from '../row/row-layout.ts'
import { isNegative, type LabelWriter } from './labels.ts'

export const BATCH_ROWS_MAX = 16_384
const FLOAT_BYTES = 4

/** An example, with what else its row is about where that was logged. */
export type LearnedExample = Example & Omit<EntityIds, 'userId' | 'authorId'>

/**
 * What became of an example: taken; left out as a negative that is not kept; or refused, for it has other columns
 * than the network reads, or features that are no row.
 */
export type Taken = 'taken' | 'left-out' | 'other-columns' | 'broken-features'

export interface BatchOptions {
  readonly row: RowLayout
  readonly heads: readonly Head[]
  readonly rowsMax: number
  /** The share of negatives that is kept, above 0 and up to 1. Those kept count 1 / share each. */
  readonly negativesKept: number
}

/**
 * Examples as the training step reads them, in arrays that are filled again and again. Which negatives are kept
 * hangs on the example alone, so that a replay keeps the same; that they count for those left out makes each
 * head's losses and metrics, in expectation, what they are over all examples.
 */
export class Batch {
  readonly rowsMax: number
  /** Raw rows, as logged. */
  readonly rows: Float32Array
  /** `ENTITY_WORDS` a row. */
  readonly entities: Uint32Array
  /** rows × heads; see network/losses.ts. */
  readonly weights: Float32Array
  readonly targets: Float32Array
  /** Rows taken. */
  count = 0
  /** The latest time of its examples, in milliseconds. */
  at = 0
  private readonly options: BatchOptions
  private readonly labels: LabelWriter

  /** Throws a RangeError for options out of bounds. */
  constructor(options: BatchOptions, labels: LabelWriter) {
    const { row, heads, rowsMax, negativesKept } = options
    if (!Number.isInteger(rowsMax) || rowsMax < 1 || rowsMax > BATCH_ROWS_MAX)
      throw new RangeError(`rowsMax is ${rowsMax}: use a whole number from 1 to ${BATCH_ROWS_MAX}`)
    if (!(negativesKept > 0 && negativesKept <= 1))
      throw new RangeError(`negativesKept is ${negativesKept}: use a share above 0 and up to 1`)
    this.options = options
    this.labels = labels
    this.rowsMax = rowsMax
    this.rows = new Float32Array(rowsMax * row.width)
    this.entities = new Uint32Array(rowsMax * ENTITY_WORDS)
    this.weights = new Float32Array(rowsMax * heads.length)
    this.targets = new Float32Array(rowsMax * heads.length)
  }

  get isFull(): boolean {
    return this.count === this.rowsMax
  }

  clear(): void {
    this.count = 0
    this.at = 0
  }

  /** Takes an example into the next row. Throws a RangeError where there is none. */
  add(example: LearnedExample): Taken {
    if (this.isFull) throw new RangeError(`a batch of ${this.rowsMax} rows is full`)
    const { row, heads, negativesKept } = this.options
    const weight = isNegative(example) ? 1 / negativesKept : 1
    if (weight > 1 && shareOf(example.exampleId) >= negativesKept) return 'left-out'
    if (example.columnsHash !== row.hash) return 'other-columns'
    if (!this.readFeatures(example)) return 'broken-features'
    writeEntityIds(example, this.entities, this.count * ENTITY_WORDS)
    this.labels.write(example, weight, this.weights, this.targets, this.count * heads.length)
    this.at = Math.max(this.at, example.at)
    this.count++
    return 'taken'
  }

  private readFeatures({ features, featuresEncoding }: Example): boolean {
    const { width } = this.options.row
    const offset = this.count * width
    if (featuresEncoding === 'packed') {
      try {
        if (packedColumns(features) !== width) return false
        unpackInto(features, this.rows, offset)
      } catch (error) {
        if (error instanceof RangeError) return false
        throw error
      }
    } else {
      if (features.length !== width * FLOAT_BYTES) return false
      for (let column = 0; column < width; column++)
        this.rows[offset + column] = features.readFloatLE(column * FLOAT_BYTES)
    }
    return this.isFinite(offset, width)
  }

  /** One that is not finite would spoil every weight. */
  private isFinite(offset: number, width: number): boolean {
    for (let at = offset; at < offset + width; at++) if (!Number.isFinite(this.rows[at])) return false
    return true
  }
}

/** A number in [0, 1) that is a function of an id. */
const shareOf = (id: string): number => fingerprint.of(id).low / 2 ** 32

const fingerprint = new Fingerprint()
