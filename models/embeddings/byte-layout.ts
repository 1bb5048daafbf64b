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
const FLOAT_BYTES = 4

/** One table's part of the bytes. */
export interface Section {
  readonly rows: number
  readonly touched: number
  /** Where its first row begins. */
  readonly start: number
}

export interface Sections {
  readonly dimensions: number
  readonly sections: readonly Section[]
}

/** Throws a RangeError for bytes that are no tables. */
export const sectionsOf = (view: DataView): Sections => {
  if (view.getUint32(0, true) !== FORMAT) throw new RangeError('no embedding tables of this format')
  const dimensions = view.getUint32(4, true)
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
  return { dimensions, sections }
}

/** The bytes as float32s; a copy where they begin in between. Little endian, as the machines are that this runs on. */
export const alignedFloats = ({ buffer, byteOffset, byteLength }: DataView): Float32Array => {
  const length = Math.floor(byteLength / FLOAT_BYTES)
  if (byteOffset % FLOAT_BYTES === 0) return new Float32Array(buffer, byteOffset, length)
  return new Float32Array(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer, 0, length)
}
