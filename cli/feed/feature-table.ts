import type { ViewRows } from '../../features/view.ts'
import type { Millis } from '../../schemas/ids.ts'
import type { StateRows } from '../../serving/state-rows.ts'

const EMPTY = Buffer.alloc(0)
const VERSION_BYTES = 1

/** Feature rows of many keys in one typed array, as of one time. */
export class FeatureTable {
  readonly view: ViewRows
  /** Row i is `values[i * width .. (i + 1) * width)`, in the order of the view's columns. */
  readonly values: Float32Array
  readonly width: number

  private constructor(view: ViewRows, rows: number) {
    this.view = view
    this.width = view.columns.length
    this.values = new Float32Array(rows * this.width)
  }

  /** One read of the store for all keys; a key without a row reads as never seen. */
  static async read(
    rows: StateRows,
    view: ViewRows,
    keys: readonly Uint8Array[],
    asOf: Millis,
  ): Promise<FeatureTable> {
    const table = new FeatureTable(view, keys.length)
    const found = await rows.readMany(view.name, keys)
    for (const [index, row] of found.entries()) {
      const known = row !== undefined && row[0] === view.version ? row : EMPTY
      const start = known === EMPTY ? 0 : VERSION_BYTES
      view.read(known, start, known.length, asOf, table.values, index * table.width)
    }
    return table
  }

  at(row: number, column: number): number {
    return this.values[row * this.width + column]!
  }
}

/** Where a column lies in the rows of a view. Throws for a name that the view does not have. */
export const columnOf = (view: ViewRows, name: string): number => {
  const column = view.columns.findIndex((each) => each.name === name)
  if (column === -1) throw new RangeError(`view ${view.name} has no column ${name}`)
  return column
}
