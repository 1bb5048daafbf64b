import { NEVER, type EmbeddingTable } from './table.ts'
import { type EmbeddingSizes, EmbeddingTables } from './tables.ts'

/**
 * Tables as bytes, little endian: `u32 format · u32 dimensions · u32 tables`, then for each table `u32 rows ·
 * u32 touched rows` and for each touched row, in order, `u32 row · f64 touched at · f32 square · f32 × dimensions`.
 * Rows that nothing was learned in have the values they start with, and are left out.
 */
const FORMAT = 1
const HEADER_BYTES = 12
const TABLE_BYTES = 8
const ROW_BYTES = 16
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
  if (view.getUint32(0, true) !== FORMAT) throw new RangeError('no embedding tables of this format')
  const dimensions = view.getUint32(4, true)
  const sections = sectionsOf(view, dimensions)
  const sizes: EmbeddingSizes = { dimensions, rows: sections.map(({ rows }) => rows) }
  const tables = new EmbeddingTables(sizes)
  for (const [index, table] of tables.tables.entries()) {
    const { start, touched } = sections[index]!
    decodeRows(table, view, start, touched)
  }
  return tables
}

interface Section {
  readonly rows: number
  readonly touched: number
  readonly start: number
}

const sectionsOf = (view: DataView, dimensions: number): Section[] => {
  const rowBytes = ROW_BYTES + dimensions * FLOAT_BYTES
  let at = HEADER_BYTES
  const sections = Array.from({ length: view.getUint32(8, true) }, (): Section => {
    const section = {
      rows: view.getUint32(at, true),
      touched: view.getUint32(at + 4, true),
      start: at + TABLE_BYTES,
    }
    at = section.start + section.touched * rowBytes
    return section
  })
  if (at !== view.byteLength) throw new RangeError(`${view.byteLength} bytes of tables that end at ${at}`)
  return sections
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

/** The bytes as float32s; a copy where they begin in between. Little endian, as the machines are that this runs on. */
const alignedFloats = ({ buffer, byteOffset, byteLength }: DataView): Float32Array => {
  const length = Math.floor(byteLength / FLOAT_BYTES)
  if (byteOffset % FLOAT_BYTES === 0) return new Float32Array(buffer, byteOffset, length)
  return new Float32Array(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer, 0, length)
}
