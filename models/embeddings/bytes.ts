import {
  eachRow,
  FLOAT_BYTES,
  FORMAT,
  HEADER_BYTES,
  openTables,
  type OpenTables,
  ROW_BYTES,
  rowBytesOf,
  type Section,
  TABLE_BYTES,
} from './byte-layout.ts'
import { NEVER, type EmbeddingTable } from './table.ts'
import { type EmbeddingSizes, EmbeddingTables } from './tables.ts'

export const encodeTables = ({ sizes, tables }: EmbeddingTables): Uint8Array => {
  const touched = tables.map((table) => table.touchedRows)
  const rows = touched.reduce((sum, count) => sum + count, 0)
  const bytes = new Uint8Array(
    HEADER_BYTES + tables.length * TABLE_BYTES + rows * rowBytesOf(sizes.dimensions),
  )
  const view = new DataView(bytes.buffer)
  view.setUint32(0, FORMAT, true)
  view.setUint32(4, sizes.dimensions, true)
  view.setUint32(8, tables.length, true)
  let at = HEADER_BYTES
  for (const [index, table] of tables.entries()) {
    view.setUint32(at, table.rows, true)
    view.setUint32(at + 4, touched[index]!, true)
    at = encodeRows(table, view, at + TABLE_BYTES)
  }
  return bytes
}

const encodeRows = (table: EmbeddingTable, view: DataView, start: number): number => {
  const { dimensions, values, squares, touchedAt } = table
  let at = start
  for (let row = 0; row < table.rows; row++) {
    if (touchedAt[row] === NEVER) continue
    view.setUint32(at, row, true)
    view.setFloat64(at + 4, touchedAt[row]!, true)
    view.setFloat32(at + 12, squares[row]!, true)
    at += ROW_BYTES
    for (let index = row * dimensions; index < (row + 1) * dimensions; index++, at += FLOAT_BYTES) {
      view.setFloat32(at, values[index]!, true)
    }
  }
  return at
}

/** Throws a RangeError for bytes that are no tables. */
export const decodeTables = (bytes: Uint8Array): EmbeddingTables => {
  const opened = openTables(bytes)
  const { dimensions, sections } = opened
  const sizes: EmbeddingSizes = { dimensions, rows: sections.map(({ rows }) => rows) }
  const tables = new EmbeddingTables(sizes)
  for (const [index, table] of tables.tables.entries()) decodeRows(table, opened, sections[index]!)
  return tables
}

const decodeRows = (table: EmbeddingTable, opened: OpenTables, section: Section): void => {
  const { dimensions, values } = table
  const { view, floats } = opened
  eachRow(opened, section, (row, at, vectorAt) => {
    table.touchedAt[row] = view.getFloat64(at + 4, true)
    table.squares[row] = view.getFloat32(at + 12, true)
    for (let index = 0; index < dimensions; index++)
      values[row * dimensions + index] = floats[vectorAt + index]!
  })
}
