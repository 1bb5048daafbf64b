import { KeyList } from '../../features/store/key-list.ts'
import type { FeatureReader } from '../../features/store/port.ts'
import type { ViewRows } from '../../features/view.ts'
import { NONE } from './distinct.ts'

const ROWS_FIRST = 64
const EMPTY = Buffer.alloc(0)

/** Rows of one view, each read once, run after run. */
export class ViewTable {
  readonly view: ViewRows
  readonly width: number
  /** Rows that were read since `reset`. */
  count = 0
  /** To be filled before `fill`: those of the rows that it is to read, which come after the others. */
  readonly keys = new KeyList()
  values: Float32Array
  /** What a key never seen reads as, at any time. */
  private readonly never: Float32Array

  constructor(view: ViewRows) {
    this.view = view
    this.width = view.columns.length
    this.values = new Float32Array(ROWS_FIRST * this.width)
    this.never = new Float32Array(this.width)
    view.read(EMPTY, 0, 0, 0, this.never, 0)
  }

  /** Forgets the rows of the last request. */
  reset(): void {
    this.count = 0
    this.keys.reset()
  }

  /** Reads the rows of `keys`, which are closed then; undefined when that is done at once. */
  fill(features: FeatureReader, asOf: number): Promise<void> | undefined {
    const { keys, width, count } = this
    if (keys.count === 0) return undefined
    this.count += keys.count
    this.reserve(this.count * width)
    const target = { into: this.values, offset: count * width, stride: width }
    const reading = features.fill(this.view, keys, asOf, target)
    if (reading !== undefined) return reading.finally(() => keys.reset())
    keys.reset()
    return undefined
  }

  /** A row's column; `NONE` is a key never seen. */
  at(row: number, column: number): number {
    return row === NONE ? this.never[column]! : this.values[row * this.width + column]!
  }

  copy(row: number, into: Float32Array, offset: number): void {
    const { width } = this
    const from = row === NONE ? this.never : this.values
    const start = row === NONE ? 0 : row * width
    for (let column = 0; column < width; column++) into[offset + column] = from[start + column]!
  }

  private reserve(floats: number): void {
    if (floats <= this.values.length) return
    const values = new Float32Array(Math.max(floats, this.values.length * 2))
    values.set(this.values)
    this.values = values
  }
}
