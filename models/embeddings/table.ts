import { startValue } from './start-values.ts'

/** A power of two, so that a hash becomes a row by a mask. */
export const TABLE_ROWS_MAX = 2 ** 24

/** What squares of gradients start from: it keeps the first steps of a row from being the longest. */
const START_SQUARE = 0.1
/** A row that nothing was learned in. */
export const NEVER = 0

/**
 * Vectors of one kind of entity: rows that are found by hashes of ids, in typed arrays whose size is fixed when
 * the table is made. An id's vector is the sum of two rows, one a hash: two ids that meet in one row hardly ever
 * meet in both ("Hash Embeddings for Efficient Word Representations", Svenstrup et al., 2017).
 *
 * Rows start with values that their number and the table's seed decide, and are given them back when they
 * expire: an id that was never seen has the same vector in training and in serving.
 */
export class EmbeddingTable {
  readonly rows: number
  readonly dimensions: number
  /** rows × dimensions. */
  readonly values: Float32Array
  /** The mean square of a row's gradients, summed over steps. */
  readonly squares: Float32Array
  /** When something was last learned in a row, in milliseconds; `NEVER`. */
  readonly touchedAt: Float64Array
  private readonly starts: Float32Array
  /** Where in the sums of this step a row's gradient lies, −1 where it has none. */
  private readonly placeOf: Int32Array
  private stepRows = new Int32Array(1_024)
  private sums: Float32Array
  private stepLength = 0

  /** Throws a RangeError for rows that are no power of two up to `TABLE_ROWS_MAX`. */
  constructor(rows: number, dimensions: number, seed: number) {
    checkRows(rows)
    this.rows = rows
    this.dimensions = dimensions
    this.starts = startsOf(rows * dimensions, seed)
    this.values = this.starts.slice()
    this.squares = new Float32Array(rows).fill(START_SQUARE)
    this.touchedAt = new Float64Array(rows)
    this.placeOf = new Int32Array(rows).fill(-1)
    this.sums = new Float32Array(this.stepRows.length * dimensions)
  }

  /** Adds `share` of the row that a hash finds to `target[at..]`. */
  addTo(hash: number, share: number, target: Float32Array, at: number): void {
    const { dimensions, values } = this
    const start = this.rowOf(hash) * dimensions
    for (let index = 0; index < dimensions; index++) target[at + index]! += share * values[start + index]!
  }

  /** Takes `share` of a gradient for the row that a hash finds; a row's gradients add up until `step`. */
  collect(hash: number, share: number, gradients: Float32Array, at: number): void {
    const { dimensions } = this
    const start = this.placeFor(this.rowOf(hash)) * dimensions
    const { sums } = this
    for (let index = 0; index < dimensions; index++) sums[start + index]! += share * gradients[at + index]!
  }

  /**
   * Learns from what was collected, row by row: Adagrad with one sum of squares a row
   * ("Adaptive Subgradient Methods", Duchi et al., 2011; row-wise as in PyTorch's FBGEMM).
   */
  step(rate: number, at: number): void {
    const { dimensions, values, squares, sums, stepRows, stepLength } = this
    for (let place = 0; place < stepLength; place++) {
      const row = stepRows[place]!
      const from = place * dimensions
      const to = row * dimensions
      let square = 0
      for (let index = 0; index < dimensions; index++) square += sums[from + index]! ** 2
      squares[row]! += square / dimensions
      const factor = rate / Math.sqrt(squares[row]!)
      for (let index = 0; index < dimensions; index++) values[to + index]! -= factor * sums[from + index]!
      if (at > this.touchedAt[row]!) this.touchedAt[row] = at
    }
    this.drop()
  }

  /** Forgets what was collected. */
  drop(): void {
    for (let place = 0; place < this.stepLength; place++) this.placeOf[this.stepRows[place]!] = -1
    this.sums.fill(0, 0, this.stepLength * this.dimensions)
    this.stepLength = 0
  }

  /** Starts every row anew that was last touched before a time; answers how many. */
  expire(before: number): number {
    let expired = 0
    for (let row = 0; row < this.rows; row++) {
      const touchedAt = this.touchedAt[row]!
      if (touchedAt === NEVER || touchedAt >= before) continue
      this.restart(row)
      expired++
    }
    return expired
  }

  /** Rows that something was learned in. */
  get touchedRows(): number {
    return this.touchedAt.reduce((count, touchedAt) => (touchedAt === NEVER ? count : count + 1), 0)
  }

  private rowOf(hash: number): number {
    return hash & (this.rows - 1)
  }

  private placeFor(row: number): number {
    const known = this.placeOf[row]!
    if (known !== -1) return known
    if (this.stepLength === this.stepRows.length) this.growStep()
    this.stepRows[this.stepLength] = row
    this.placeOf[row] = this.stepLength
    return this.stepLength++
  }

  /** At most to a place a row: a step touches no more. */
  private growStep(): void {
    const { stepRows, sums } = this
    this.stepRows = new Int32Array(stepRows.length * 2)
    this.stepRows.set(stepRows)
    this.sums = new Float32Array(sums.length * 2)
    this.sums.set(sums)
  }

  private restart(row: number): void {
    const start = row * this.dimensions
    this.values.set(this.starts.subarray(start, start + this.dimensions), start)
    this.squares[row] = START_SQUARE
    this.touchedAt[row] = NEVER
  }
}

/** Throws a RangeError for rows that are no power of two up to `TABLE_ROWS_MAX`. */
export const checkRows = (rows: number): void => {
  if (rows < 1 || rows > TABLE_ROWS_MAX || (rows & (rows - 1)) !== 0)
    throw new RangeError(`a table of ${rows} rows: use a power of two up to ${TABLE_ROWS_MAX}`)
}

/** Values that tables of a size and seed start with: worked out once a thread, for tables are read often. */
const startsOf = (length: number, seed: number): Float32Array => {
  const key = `${length} ${seed}`
  let starts = knownStarts.get(key)
  if (starts === undefined) {
    starts = new Float32Array(length)
    for (let index = 0; index < length; index++) starts[index] = startValue(seed, index)
    knownStarts.set(key, starts)
  }
  return starts
}

const knownStarts = new Map<string, Float32Array>()
