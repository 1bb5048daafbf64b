import type { Example } from '../../schemas/examples/index.ts'
import { packedColumns, unpackInto } from '../../schemas/impressions/packed-features.ts'
import { CONTENT_BYTES, writeContentsOf } from '../embeddings/contents.ts'
import { ENTITY_WORDS, writeEntityIds } from '../embeddings/entities.ts'
import type { Head } from '../heads.ts'
import type { RowLayout } from '../row/row-layout.ts'
import type { LabelAccount } from './label-account.ts'

export const BATCH_ROWS_MAX = 16_384
const FLOAT_BYTES = 4

/**
 * What became of an example: taken; nothing new; left out as a negative that is not kept; or refused, for it has
 * other columns than the network reads, or features that are no row.
 */
export type Taken = 'taken' | 'no-news' | 'left-out' | 'other-columns' | 'broken-features'

export interface BatchOptions {
  readonly row: RowLayout
  readonly heads: readonly Head[]
  readonly rowsMax: number
}

/**
 * Examples as the training step reads them, in arrays that are filled again and again. The parts of one example
 * share a row as long as it has not been learned.
 */
export class Batch {
  readonly rowsMax: number
  /** Raw rows, as logged. */
  readonly rows: Float32Array
  /** `ENTITY_WORDS` a row. */
  readonly entities: Uint32Array
  /** `CONTENT_BYTES` a row. */
  readonly contents: Int8Array
  /** rows × heads; see network/losses.ts. */
  readonly weights: Float32Array
  readonly targets: Float32Array
  /** Rows taken. */
  count = 0
  /** The latest time of its examples, in milliseconds. */
  at = 0
  private readonly options: BatchOptions
  private readonly account: LabelAccount
  private readonly rowOf = new Map<number, number>()

  /** Throws a RangeError for options out of bounds. */
  constructor(options: BatchOptions, account: LabelAccount) {
    const { row, heads, rowsMax } = options
    if (!Number.isInteger(rowsMax) || rowsMax < 1 || rowsMax > BATCH_ROWS_MAX)
      throw new RangeError(`rowsMax is ${rowsMax}: use a whole number from 1 to ${BATCH_ROWS_MAX}`)
    this.options = options
    this.account = account
    this.rowsMax = rowsMax
    this.rows = new Float32Array(rowsMax * row.width)
    this.entities = new Uint32Array(rowsMax * ENTITY_WORDS)
    this.contents = new Int8Array(rowsMax * CONTENT_BYTES)
    this.weights = new Float32Array(rowsMax * heads.length)
    this.targets = new Float32Array(rowsMax * heads.length)
  }

  get isFull(): boolean {
    return this.count === this.rowsMax
  }

  clear(): void {
    this.count = 0
    this.at = 0
    this.rowOf.clear()
  }

  /** Takes an example in; its account then says what it brought. Throws a RangeError where there is no row for it. */
  add(example: Example): Taken {
    const { row, heads } = this.options
    if (example.columnsHash !== row.hash) return 'other-columns'
    const news = this.account.consider(example)
    if (news === 'news') {
      const place = this.rowOf.get(this.account.key) ?? this.begin(example)
      if (place === undefined) return 'broken-features'
      const { weights, targets } = this.account
      for (let head = 0; head < heads.length; head++) {
        const at = place * heads.length + head
        this.weights[at]! += weights[head]!
        this.targets[at]! += targets[head]!
      }
    }
    this.account.remember(example)
    return news === 'news' ? 'taken' : news
  }

  /** A new row with the example's features; undefined where they are none. */
  private begin(example: Example): number | undefined {
    if (this.isFull) throw new RangeError(`a batch of ${this.rowsMax} rows is full`)
    if (!this.readFeatures(example)) return undefined
    const { count } = this
    const heads = this.options.heads.length
    writeEntityIds(example, this.entities, count * ENTITY_WORDS)
    writeContentsOf(example, this.contents, count * CONTENT_BYTES)
    this.weights.fill(0, count * heads, (count + 1) * heads)
    this.targets.fill(0, count * heads, (count + 1) * heads)
    this.rowOf.set(this.account.key, count)
    this.at = Math.max(this.at, example.at)
    this.count++
    return count
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
