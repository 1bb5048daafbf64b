import { KeyList } from '../../features/store/key-list.ts'
import type { FeatureReader } from '../../features/store/port.ts'
import type { ViewRows } from '../../features/view.ts'
import { NONE } from './distinct.ts'

const ROWS_FIRST = 64
const EMPTY = Buffer.alloc(0)

/** Rows of one view, each read once; what is read is used until the next `fill`. */
export class ViewTable {
  readonly view: ViewRows
  readonly width: number
  /** To be filled before `fill`: row i is that of key i. */
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

  /** Reads the rows of `keys`; undefined when that is done at once. */
  fill(features: FeatureReader, asOf: number): Promise<void> | undefined {
    const { keys, width } = this
    const needed = keys.count * width
    if (this.values.length < needed) this.values = new Float32Array(Math.max(needed, this.values.length * 2))
    if (keys.count === 0) return undefined
    return features.fill(this.view, keys, asOf, { into: this.values, offset: 0, stride: width })
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
}
