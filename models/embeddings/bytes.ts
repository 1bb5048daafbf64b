import { alignedFloats, HEADER_BYTES, ROW_BYTES, sectionsOf, TABLE_BYTES, FORMAT } from './byte-layout.ts'
import { NEVER, type EmbeddingTable } from './table.ts'
import { type EmbeddingSizes, EmbeddingTables } from './tables.ts'

const FLOAT_BYTES = 4

export const encodeTables = ({ sizes, tables }: EmbeddingTables): Uint8Array => {
  const rowBytes = ROW_BYTES + sizes.dimensions * FLOAT_BYTES
  const touched = tables.map((table) => table.touchedRows)
  const rows = touched.reduce((sum, count) => sum + count, 0)
  const bytes = new Uint8Array(HEADER_BYTES + tables.length * TABLE_BYTES + rows * rowBytes)
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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { dimensions, sections } = sectionsOf(view)
  const sizes: EmbeddingSizes = { dimensions, rows: sections.map(({ rows }) => rows) }
  const tables = new EmbeddingTables(sizes)
  for (const [index, table] of tables.tables.entries()) {
    const { start, touched } = sections[index]!
    decodeRows(table, view, start, touched)
  }
  return tables
}

/** Rows are whole numbers of float32s, and so is what comes before them. */
const decodeRows = (table: EmbeddingTable, view: DataView, start: number, touched: number): void => {
  const { dimensions, values } = table
  const floats = alignedFloats(view)
  const rowBytes = ROW_BYTES + dimensions * FLOAT_BYTES
  let at = start
  for (let count = 0; count < touched; count++, at += rowBytes) {
    const row = view.getUint32(at, true)
    if (row >= table.rows) throw new RangeError(`row ${row} of a table of ${table.rows}`)
    table.touchedAt[row] = view.getFloat64(at + 4, true)
    table.squares[row] = view.getFloat32(at + 12, true)
    let from = (at + ROW_BYTES) / FLOAT_BYTES
    for (let to = row * dimensions; to < (row + 1) * dimensions; to++) values[to] = floats[from++]!
  }
}
