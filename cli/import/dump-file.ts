import { createReadStream, existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { ImportError, reasonOf } from './import-error.ts'

/** The longest row; a Stack Exchange post has at most 30,000 characters. */
const ROW_BYTES_MAX = 1 << 20

/** The row being read. Its cells change with the next row: take out what is kept. */
export interface Row<Column extends string> {
  /** The text of a cell; '' where it is empty, or where the file lacks an optional column. */
  text(column: Column): string
  /** A whole number; undefined where the cell is empty. */
  integer(column: Column): number | undefined
  /** UTC milliseconds since the epoch; undefined where the cell is empty. */
  time(column: Column): number | undefined
  /** A cell that must not be empty. */
  required(column: Column, value: number | undefined): number
  /** The error that a cell is to blame for. */
  broken(column: Column, expected: string): ImportError
}

export interface DumpFile<Column extends string> {
  readonly directory: string
  /** File name without .csv or .csv.gz. */
  readonly table: string
  readonly columns: readonly Column[]
  readonly optionalColumns?: readonly Column[]
}

const pathOf = (directory: string, table: string): string => {
  const candidates = [join(directory, `${table}.csv`), join(directory, `${table}.csv.gz`)]
  const path = candidates.find((candidate) => existsSync(candidate))
  if (path !== undefined) return path
  throw new ImportError(
    `${directory} has neither ${table}.csv nor ${table}.csv.gz. Give the directory of a Stack Exchange dump in CSV form.`,
  )
}

const INTEGER = /^-?\d{1,15}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z?$/

class CurrentRow<Column extends string> implements Row<Column> {
  cells: readonly string[] = []
  number = 0
  private readonly file: string
  private readonly positions: ReadonlyMap<Column, number>

  constructor(file: string, positions: ReadonlyMap<Column, number>) {
    this.file = file
    this.positions = positions
  }

  text(column: Column): string {
    const position = this.positions.get(column)
    return position === undefined ? '' : (this.cells[position] ?? '')
  }

  integer(column: Column): number | undefined {
    const text = this.text(column)
    if (text === '') return undefined
    if (!INTEGER.test(text)) throw this.broken(column, 'a whole number')
    return Number(text)
  }

  time(column: Column): number | undefined {
    const text = this.text(column)
    if (text === '') return undefined
    const time = TIME.test(text) ? Date.parse(text.endsWith('Z') ? text : `${text}Z`) : Number.NaN
    if (Number.isNaN(time)) throw this.broken(column, 'a time such as 2017-08-27T00:00:00.000')
    return time
  }

  required(column: Column, value: number | undefined): number {
    if (value === undefined) throw this.broken(column, 'a value')
    return value
  }

  broken(column: Column, expected: string): ImportError {
    const found = JSON.stringify(this.text(column).slice(0, 40))
    return new ImportError(
      `${this.file}, row ${this.number}: ${column} is ${found}, not ${expected}. Correct or remove the row.`,
    )
  }
}

const positionsOf = <Column extends string>(
  file: string,
  header: readonly string[],
  { columns, optionalColumns = [] }: DumpFile<Column>,
): ReadonlyMap<Column, number> => {
  const positions = new Map<Column, number>()
  for (const column of [...columns, ...optionalColumns]) {
    const position = header.indexOf(column)
    if (position >= 0) positions.set(column, position)
    else if (columns.includes(column)) {
      throw new ImportError(`${file} has no column ${column}; its first line must name it.`)
    }
  }
  return positions
}

/**
 * Reads a table row by row, in file order. `onHeader` is told which columns the file has. What
 * either answers, when it is a promise, holds the reading until it is met. Resolves with the number of rows.
 */
export const readDumpFile = async <Column extends string>(
  dump: DumpFile<Column>,
  onRow: (row: Row<Column>) => Promise<void> | undefined,
  onHeader?: (present: ReadonlySet<Column>) => Promise<void>,
): Promise<number> => {
  const path = pathOf(dump.directory, dump.table)
  const file = basename(path)
  let row: CurrentRow<Column> | undefined
  const take = (cells: readonly string[]): Promise<void> | undefined => {
    if (row === undefined) {
      const positions = positionsOf(file, cells, dump)
      row = new CurrentRow(file, positions)
      return onHeader?.(new Set(positions.keys()))
    }
    row.cells = cells
    row.number++
    return onRow(row)
  }
  const takeAll = async (rows: AsyncIterable<readonly string[]>): Promise<void> => {
    for await (const cells of rows) {
      const held = take(cells)
      if (held !== undefined) await held
    }
  }
  const source = createReadStream(path)
  const csv = parse({ bom: true, max_record_size: ROW_BYTES_MAX })
  try {
    await (path.endsWith('.gz')
      ? pipeline(source, createGunzip(), csv, takeAll)
      : pipeline(source, csv, takeAll))
  } catch (error) {
    if (error instanceof ImportError) throw error
    throw new ImportError(`${file} cannot be read: ${reasonOf(error)}.`, { cause: error })
  }
  if (row === undefined) throw new ImportError(`${file} is empty; its first line must name its columns.`)
  return row.number
}
