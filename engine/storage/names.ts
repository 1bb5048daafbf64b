import { EngineError } from '../errors.ts'
import type { Database } from './database.ts'
import { afterPrefix } from './row-key.ts'
import type { ColumnName } from './write-batch.ts'

/** Rows of the table itself lie under number 0, which stands for no name. */
const TABLE_PREFIX = Buffer.from([0, 0])
const NUMBER_MAX = 0xffff

/** Two-byte numbers that stand for names in the row keys of a column, kept in that column. */
export class NameTable {
  private readonly database: Database
  private readonly column: ColumnName
  private readonly numbers = new Map<string, number>()

  private constructor(database: Database, column: ColumnName) {
    this.database = database
    this.column = column
  }

  static async load(database: Database, column: ColumnName): Promise<NameTable> {
    const table = new NameTable(database, column)
    const lt = afterPrefix(TABLE_PREFIX)!
    let after: Buffer | undefined
    for (;;) {
      const page = await database.page(column, { ...(after ? { gt: after } : { gte: TABLE_PREFIX }), lt })
      for (let at = 0; at < page.rows.length; at += 2) {
        after = page.rows[at]!
        table.numbers.set(after.toString('utf8', TABLE_PREFIX.length), page.rows[at + 1]!.readUInt16BE(0))
      }
      if (page.finished) return table
    }
  }

  names(): IterableIterator<[name: string, number: number]> {
    return this.numbers.entries()
  }

  /** The number of a name, given out and written down on first use. */
  number(name: string): number {
    const known = this.numbers.get(name)
    if (known !== undefined) return known
    const number = this.numbers.size + 1
    if (number > NUMBER_MAX)
      throw new EngineError('TOPOLOGY_INVALID', `more than ${NUMBER_MAX} names in ${this.column}`)
    const batch = this.database.batch()
    const value = Buffer.alloc(2)
    value.writeUInt16BE(number)
    batch.put(this.column, Buffer.concat([TABLE_PREFIX, Buffer.from(name)]), value)
    this.database.write(batch)
    this.numbers.set(name, number)
    return number
  }
}
