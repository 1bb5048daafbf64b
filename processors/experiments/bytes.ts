import type { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import { MEASURES, type Measure, type Measures, type Moments, RATIOS } from './measures.ts'

/** Below it, and from its negative on, an integer is written as the engine's signed varint. */
const NARROW = 1n << 52n
/** Of a wide varint: enough for squares of 2^52 each, of 2^52 users. */
const WIDE_BYTES_MAX = 24
const WIDE = 1n << BigInt(7 * WIDE_BYTES_MAX)
/** So many bytes of a varint, of 7 bits each, are added up as a number. */
const NUMBER_BYTES = 7
const NUMBER_BITS = BigInt(7 * NUMBER_BYTES)

/** `signed varint` a measure, in the order of `MEASURES`. */
export const writeMeasures = (measures: Measures, writer: ByteWriter): void => {
  for (const measure of MEASURES) writer.signedVarint(measures[measure])
}

export const readMeasures = (reader: ByteReader): Measures => {
  const measures: Partial<Record<Measure, number>> = {}
  for (const measure of MEASURES) measures[measure] = reader.signedVarint()
  return measures as Measures
}

/** A signed varint that goes on for as long as it must; what fits into the engine's has the same bytes. */
const writeWide = (value: bigint, writer: ByteWriter): void => {
  if (value >= -NARROW && value < NARROW) {
    writer.signedVarint(Number(value))
    return
  }
  let rest = value < 0n ? -value * 2n - 1n : value * 2n
  if (rest >= WIDE) throw new RangeError(`${value} takes more than ${WIDE_BYTES_MAX} bytes`)
  for (; rest >= 0x80n; rest >>= 7n) writer.u8(Number(rest & 0x7fn) | 0x80)
  writer.u8(Number(rest))
}

const readWide = (reader: ByteReader): bigint => {
  let low = 0
  for (let count = 0, scale = 1; count < NUMBER_BYTES; count++, scale *= 128) {
    const byte = reader.u8()
    low += (byte & 0x7f) * scale
    if (byte < 0x80) return BigInt(low % 2 === 0 ? low / 2 : -(low + 1) / 2)
  }
  let zigzag = BigInt(low)
  for (let count = NUMBER_BYTES, shift = NUMBER_BITS; count < WIDE_BYTES_MAX; count++, shift += 7n) {
    const byte = reader.u8()
    zigzag += BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return (zigzag & 1n) === 0n ? zigzag >> 1n : -((zigzag + 1n) >> 1n)
  }
  throw new RangeError(`an integer of more than ${WIDE_BYTES_MAX} bytes`)
}

/**
 * `signed varint users`, then sums; squares and products, wide. Before these were wide they were signed varints, of which
 * the bytes are the same: so what was written then is read here too.
 */
export const writeMoments = ({ users, sums, squares, products }: Moments, writer: ByteWriter): void => {
  writer.signedVarint(users)
  writeMeasures(sums, writer)
  for (const measure of MEASURES) writeWide(squares[measure], writer)
  for (const product of products) writeWide(product, writer)
}

export const readMoments = (reader: ByteReader): Moments => ({
  users: reader.signedVarint(),
  sums: readMeasures(reader),
  squares: readSquares(reader),
  products: RATIOS.map(() => readWide(reader)),
})

const readSquares = (reader: ByteReader): Moments['squares'] => {
  const squares: Partial<Record<Measure, bigint>> = {}
  for (const measure of MEASURES) squares[measure] = readWide(reader)
  return squares as Moments['squares']
}
