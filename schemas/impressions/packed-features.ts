/**
 * Feature rows without their zeros, which most columns are: `u16 columns · bitmap · float32*`, little endian.
 * Bit c (of byte c / 8, lowest first) says that column c is not zero; the floats of those follow in order.
 * Bits are kept as they are, a minus zero and a NaN's payload too, so that what is learned is what was served.
 */
const COLUMNS_BYTES = 2
const FLOAT_BYTES = 4
/** What the length of two bytes can count. */
export const PACKED_COLUMNS_MAX = 0xffff

const headerBytes = (columns: number): number => COLUMNS_BYTES + ((columns + 7) >>> 3)

/** The longest that rows of so many columns become. */
export const packedBytesMax = (columns: number): number => headerBytes(columns) + columns * FLOAT_BYTES

/**
 * Packs `bits[start .. start + columns)`, the row's float32s seen as integers (a `Uint32Array` over the same
 * memory), into `target[at..]`; answers the position after it. `target` must have room for `packedBytesMax`.
 */
export const packInto = (
  bits: Uint32Array,
  start: number,
  columns: number,
  target: Buffer,
  at: number,
): number => {
  target[at] = columns & 0xff
  target[at + 1] = columns >>> 8
  let bitmapAt = at + COLUMNS_BYTES
  let end = at + headerBytes(columns)
  for (let first = 0; first < columns; first += 8) {
    const last = Math.min(first + 8, columns)
    let byte = 0
    for (let column = first; column < last; column++) {
      const value = bits[start + column]!
      if (value === 0) continue
      byte |= 1 << (column - first)
      target[end] = value & 0xff
      target[end + 1] = (value >>> 8) & 0xff
      target[end + 2] = (value >>> 16) & 0xff
      target[end + 3] = value >>> 24
      end += FLOAT_BYTES
    }
    target[bitmapAt++] = byte
  }
  return end
}

/** One row packed, in a buffer of its own. */
export const packFeatures = (row: Float32Array): Buffer => {
  if (row.length > PACKED_COLUMNS_MAX) throw new RangeError(`${row.length} columns, at most 65535 are packed`)
  const target = Buffer.allocUnsafe(packedBytesMax(row.length))
  const bits = new Uint32Array(row.buffer, row.byteOffset, row.length)
  return Buffer.from(target.subarray(0, packInto(bits, 0, row.length, target, 0)))
}

/** Columns that packed bytes hold. Throws a `RangeError` for bytes that are no packed row. */
export const packedColumns = (packed: Buffer): number => {
  if (packed.length < COLUMNS_BYTES) throw broken(packed)
  return packed.readUInt16LE(0)
}

/** Writes the row at `row[offset..]`, zeros included. Throws a `RangeError` for bytes that are no packed row. */
export const unpackInto = (packed: Buffer, row: Float32Array, offset: number): void => {
  const columns = packedColumns(packed)
  const bits = new Uint32Array(row.buffer, row.byteOffset, row.length)
  let at = headerBytes(columns)
  if (at > packed.length || offset + columns > row.length) throw broken(packed)
  for (let column = 0; column < columns; column++) {
    const isSet = (packed[COLUMNS_BYTES + (column >>> 3)]! >>> (column & 7)) & 1
    if (isSet && at + FLOAT_BYTES > packed.length) throw broken(packed)
    bits[offset + column] = isSet ? packed.readUInt32LE(at) : 0
    if (isSet) at += FLOAT_BYTES
  }
  if (at !== packed.length) throw broken(packed)
}

export const unpackFeatures = (packed: Buffer): Float32Array => {
  const row = new Float32Array(packedColumns(packed))
  unpackInto(packed, row, 0)
  return row
}

const broken = (packed: Buffer): RangeError =>
  new RangeError(`${packed.length} bytes that should be packed features are none`)
