import { createHash } from 'node:crypto'
import { ModelError } from '../errors.ts'
import type { RowColumn } from './transform.ts'

/** The columns of a row, in order: one declaration for serving, logging and training. */
export class RowLayout {
  readonly name: string
  readonly columns: readonly RowColumn[]
  readonly width: number
  /** Names the columns and their order: rows or weights made under another hash do not line up. */
  readonly hash: string
  private readonly indexes: ReadonlyMap<string, number>

  constructor(name: string, columns: readonly RowColumn[]) {
    this.name = name
    this.columns = columns
    this.width = columns.length
    this.indexes = new Map(columns.map((column, index) => [column.name, index]))
    if (this.indexes.size !== columns.length) {
      const twice = columns.find((column, index) => this.indexes.get(column.name) !== index)!
      throw new ModelError(
        'ROW_INVALID',
        `two columns of row ${name} are called ${twice.name}: declare it once`,
      )
    }
    this.hash = createHash('sha256')
      .update(columns.map((column) => column.name).join('\n'))
      .digest('hex')
      .slice(0, 16)
  }

  has(column: string): boolean {
    return this.indexes.has(column)
  }

  /** Where a column lies in the row. Throws `ROW_INVALID` for a name that the row does not have. */
  indexOf(column: string): number {
    const index = this.indexes.get(column)
    if (index === undefined) throw new ModelError('ROW_INVALID', `row ${this.name} has no column ${column}`)
    return index
  }

  /** A shorter row of some of these columns, in the order given. */
  select(name: string, columns: readonly string[]): RowLayout {
    return new RowLayout(
      name,
      columns.map((column) => this.columns[this.indexOf(column)]!),
    )
  }
}
