/**
 * Cursors over reusable buffers: the engine's rows, keys and frames are written and read through these, so
 * the hot path makes no object per value. Integers are little endian unless the name says otherwise;
 * varints are LEB128 and hold unsigned integers below 2^53.
 */
const VARINT_BYTES_MAX = 8
/** Up to this many bytes a loop is quicker than a call. */
const LOOP_BYTES_MAX = 32
const TWO_32 = 0x1_0000_0000
const ASCII_LAST = 0x7f
/** Of UTF-8: bytes that go on a character, and the first byte of one of four bytes. */
const CONTINUED_FIRST = 0x80
const CONTINUED_LAST = 0xbf
const FOUR_BYTES_FIRST = 0xf0
/** ASCII strings up to here are written by a loop; their length is one varint byte. */
const SHORT_BYTES_MAX = 64

/** Copies `source[start..end)` to `target[at..]`; most rows and all keys are short. */
export const copyBytes = (source: Buffer, start: number, end: number, target: Buffer, at: number): void => {
  if (end - start > LOOP_BYTES_MAX) source.copy(target, at, start, end)
  else for (let from = start, to = at; from < end; from++, to++) target[to] = source[from]!
}

/** Up to this many bytes eight at a time are quicker than a call. */
const WORDS_BYTES_MAX = 256
const WORD_BYTES = 8

/** Bytes in both of their forms. */
export interface Memory {
  readonly buffer: Buffer
  readonly data: DataView
}

export const dataOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/**
 * As `copyBytes`, for who keeps a `DataView` of both: eight bytes a step, which compiles to one load and one
 * store, so that a row takes a third of the time.
 */
export const copyData = (
  source: DataView,
  start: number,
  end: number,
  target: DataView,
  at: number,
): void => {
  if (end - start > WORDS_BYTES_MAX) {
    bytesOf(target, at, at + end - start).set(bytesOf(source, start, end))
    return
  }
  let from = start
  let to = at
  for (const last = end - WORD_BYTES; from <= last; from += WORD_BYTES, to += WORD_BYTES) {
    target.setBigUint64(to, source.getBigUint64(from, true), true)
  }
  for (; from < end; from++, to++) target.setUint8(to, source.getUint8(from))
}

const bytesOf = ({ buffer, byteOffset }: DataView, start: number, end: number): Uint8Array =>
  new Uint8Array(buffer, byteOffset + start, end - start)

export class ByteWriter implements Memory {
  buffer: Buffer
  /** The same memory as `buffer`. */
  data: DataView
  position = 0

  constructor(capacityBytes = 256) {
    this.buffer = Buffer.allocUnsafe(capacityBytes)
    this.data = dataOf(this.buffer)
  }

  /** Makes room for `bytes` more; call it before writing straight into `buffer`. */
  reserve(bytes: number): void {
    const needed = this.position + bytes
    if (needed <= this.buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2))
    this.buffer.copy(grown, 0, 0, this.position)
    this.buffer = grown
    this.data = dataOf(grown)
  }

  reset(): void {
    this.position = 0
  }

  u8(value: number): void {
    this.reserve(1)
    this.buffer[this.position++] = value
  }

  u16(value: number): void {
    this.reserve(2)
    if ((value & 0xffff) !== value) throw new RangeError(`${value} does not fit 16 bits`)
    this.data.setUint16(this.position, value, true)
    this.position += 2
  }

  u32(value: number): void {
    this.reserve(4)
    if (value >>> 0 !== value) throw new RangeError(`${value} does not fit 32 bits`)
    this.data.setUint32(this.position, value, true)
    this.position += 4
  }

  f64(value: number): void {
    this.reserve(8)
    this.data.setFloat64(this.position, value, true)
    this.position += 8
  }

  f32(value: number): void {
    this.reserve(4)
    this.data.setFloat32(this.position, value, true)
    this.position += 4
  }

  /** Unsigned integer below 2^53; anything else is refused, for it would read back as another number. */
  varint(value: number): void {
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`${value} is no unsigned integer below 2^53`)
    }
    this.reserve(VARINT_BYTES_MAX)
    const buffer = this.buffer
    let at = this.position
    let rest = value
    while (rest >= TWO_32) {
      buffer[at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    let low = rest >>> 0
    while (low >= 0x80) {
      buffer[at++] = (low & 0x7f) | 0x80
      low >>>= 7
    }
    buffer[at++] = low
    this.position = at
  }

  /** Signed integer from -2^52 to 2^52 - 1, zigzag encoded. */
  signedVarint(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2)
  }

  /** Length as varint, then UTF-8. */
  string(text: string): void {
    if (text.length <= SHORT_BYTES_MAX && this.shortAscii(text)) return
    const bytes = Buffer.byteLength(text)
    this.varint(bytes)
    this.reserve(bytes)
    this.position += this.buffer.write(text, this.position)
  }

  /** Most strings are short ASCII ids, and for those a loop is four times faster than two native calls. */
  private shortAscii(text: string): boolean {
    const characters = text.length
    this.reserve(characters + 1)
    const buffer = this.buffer
    let at = this.position
    buffer[at++] = characters
    for (let index = 0; index < characters; index++) {
      const code = text.charCodeAt(index)
      if (code > ASCII_LAST) return false
      buffer[at++] = code
    }
    this.position = at
    return true
  }

  bytes(source: Buffer, start = 0, end = source.length): void {
    this.reserve(end - start)
    copyBytes(source, start, end, this.buffer, this.position)
    this.position += end - start
  }

  /** As `bytes`, from memory whose `DataView` is at hand. */
  copyFrom(source: DataView, start: number, end: number): void {
    this.reserve(end - start)
    copyData(source, start, end, this.data, this.position)
    this.position += end - start
  }

  /** What was written, as a view that the next write may overwrite. */
  view(): Buffer {
    return this.buffer.subarray(0, this.position)
  }

  /** What was written, in memory of its own: one that is held for long, cut from a pool, would hold all 64 KiB of it. */
  copy(): Buffer {
    const own = Buffer.allocUnsafeSlow(this.position)
    this.buffer.copy(own, 0, 0, this.position)
    return own
  }
}

/** Thrown when a row, key or frame ends early or holds an impossible length. */
export class TruncatedBytes extends Error {
  constructor(wanted: number, left: number) {
    super(`bytes end early: ${wanted} more wanted, ${left} left`)
    this.name = 'TruncatedBytes'
  }
}

const EMPTY = Buffer.alloc(0)

export class ByteReader {
  buffer: Buffer = EMPTY
  position = 0
  end = 0

  /** Points this reader at a range; nothing is copied. */
  over(buffer: Buffer, start = 0, end = buffer.length): this {
    this.buffer = buffer
    this.position = start
    this.end = end
    return this
  }

  get left(): number {
    return this.end - this.position
  }

  private need(bytes: number): void {
    if (this.end - this.position < bytes) throw new TruncatedBytes(bytes, this.end - this.position)
  }

  u8(): number {
    this.need(1)
    return this.buffer[this.position++]!
  }

  u16(): number {
    this.need(2)
    const value = this.buffer.readUInt16LE(this.position)
    this.position += 2
    return value
  }

  u32(): number {
    this.need(4)
    const value = this.buffer.readUInt32LE(this.position)
    this.position += 4
    return value
  }

  f64(): number {
    this.need(8)
    const value = this.buffer.readDoubleLE(this.position)
    this.position += 8
    return value
  }

  f32(): number {
    this.need(4)
    const value = this.buffer.readFloatLE(this.position)
    this.position += 4
    return value
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      if (this.position >= this.end) throw new TruncatedBytes(1, 0)
      const byte = this.buffer[this.position++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }

  signedVarint(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  string(): string {
    const length = this.varint()
    this.need(length)
    const text = this.buffer.toString('utf8', this.position, this.position + length)
    this.position += length
    return text
  }

  /** As `string`; the hint itself when that is what stands there, which is far cheaper than to make it again. */
  stringLike(hint: string): string {
    const start = this.position
    const length = this.varint()
    this.need(length)
    let same = length === hint.length
    for (let at = 0; same && at < length; at++) {
      const byte = this.buffer[this.position + at]!
      same = byte === hint.charCodeAt(at) && byte <= ASCII_LAST
    }
    if (same) {
      this.position += length
      return hint
    }
    this.position = start
    return this.string()
  }

  /** Passes over a string, and answers its length in UTF-16 units. */
  stringLength(): number {
    const bytes = this.varint()
    this.need(bytes)
    let units = 0
    for (let left = bytes; left > 0; left--) {
      const byte = this.buffer[this.position++]!
      // Four bytes make two units, fewer make one; all but the first begin with the bits 10.
      if (byte >= FOUR_BYTES_FIRST) units += 2
      else if (byte < CONTINUED_FIRST || byte > CONTINUED_LAST) units++
    }
    return units
  }

  /** Passes over a string, unread. */
  skipString(): void {
    const length = this.varint()
    this.need(length)
    this.position += length
  }

  skip(length: number): void {
    this.need(length)
    this.position += length
  }

  /** A view of the next `length` bytes; copy it before the buffer changes. */
  bytes(length: number): Buffer {
    this.need(length)
    const view = this.buffer.subarray(this.position, this.position + length)
    this.position += length
    return view
  }
}
