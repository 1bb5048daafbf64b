/**
 * Tables as bytes, little endian: `u32 format · u32 dimensions · u32 tables`, then for each table `u32 rows ·
 * u32 touched rows` and for each touched row, in order, `u32 row · f64 touched at · f32 square · f32 × dimensions`.
 * Rows that nothing was learned in have the values they start with, and are left out.
 */
export const FORMAT = 1
export const HEADER_BYTES = 12
export const TABLE_BYTES = 8
/** Of a row, before its vector. */
export const ROW_BYTES = 16
export const FLOAT_BYTES = 4

/** Of a row with its vector. */
export const rowBytesOf = (dimensions: number): number => ROW_BYTES + dimensions * FLOAT_BYTES

/** One table's part of the bytes. */
export interface Section {
  readonly rows: number
  readonly touched: number
  /** Where its first row begins. */
  readonly start: number
}

export interface OpenTables {
  readonly view: DataView
  /** The same bytes: rows are whole numbers of float32s, and so is what comes before them. */
  readonly floats: Float32Array
  readonly dimensions: number
  readonly sections: readonly Section[]
}

/** Throws a RangeError for bytes that are no tables. */
export const openTables = (bytes: Uint8Array): OpenTables => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== FORMAT) throw new RangeError('no embedding tables of this format')
  const dimensions = view.getUint32(4, true)
  let at = HEADER_BYTES
  const sections = Array.from({ length: view.getUint32(8, true) }, (): Section => {
    const section = {
      rows: view.getUint32(at, true),
      touched: view.getUint32(at + 4, true),
      start: at + TABLE_BYTES,
    }
    at = section.start + section.touched * rowBytesOf(dimensions)
    return section
  })
  if (at !== view.byteLength) throw new RangeError(`${view.byteLength} bytes of tables that end at ${at}`)
  return { view, floats: alignedFloats(view), dimensions, sections }
}

/**
 * Shows the touched rows of a table: a row's number, where it begins in the view, and where its vector does among the
 * floats. Throws a RangeError for one that the table does not have.
 */
export const eachRow = (
  { view, dimensions }: OpenTables,
  { rows, touched, start }: Section,
  show: (row: number, at: number, vectorAt: number) => void,
): void => {
  const rowBytes = rowBytesOf(dimensions)
  for (let count = 0, at = start; count < touched; count++, at += rowBytes) {
    const row = view.getUint32(at, true)
    if (row >= rows) throw new RangeError(`row ${row} of a table of ${rows}`)
    show(row, at, (at + ROW_BYTES) / FLOAT_BYTES)
  }
}

/** The bytes as float32s; a copy where they begin in between. Little endian, as the machines are that this runs on. */
const alignedFloats = ({ buffer, byteOffset, byteLength }: DataView): Float32Array => {
  const length = Math.floor(byteLength / FLOAT_BYTES)
  if (byteOffset % FLOAT_BYTES === 0) return new Float32Array(buffer, byteOffset, length)
  return new Float32Array(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer, 0, length)
}
