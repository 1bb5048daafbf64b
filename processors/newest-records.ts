import { ByteReader, type ByteWriter } from '../engine/bytes.ts'

const SIZE_BYTES = 2
const AT_OFFSET = SIZE_BYTES
const ID_LENGTH_OFFSET = AT_OFFSET + 8
const ID_OFFSET = ID_LENGTH_OFFSET + 2
/** Size (at both ends, so that records can be walked from either), time and length of the id. */
const FRAME_BYTES = ID_OFFSET + SIZE_BYTES
const RECORD_BYTES_MAX = 0xffff
const BUFFER_BYTES_MIN = 1024

const EMPTY = Buffer.alloc(0)
const payloadReader = new ByteReader()

/** A place in the list: the offset of a record, or -1. */
export type Place = number

/**
 * The newest records by (time, id bytes), oldest first, at most `recordsMax`. Which records are kept depends
 * on the records alone, not on the order they came in. Kept as bytes, since a list of a thousand is read and
 * written whole for every record put: `u8 overflowed · u16 count`, then per record
 * `u16 size · f64 at · u16 idLength · id · payload · u16 size`.
 *
 * One instance serves as the reused handle of a layout: `load` copies the row, `save` writes it back.
 */
export class NewestRecords {
  count = 0
  /** Whether a record was ever turned away or pushed out because the list was full. */
  overflowed = false
  private readonly recordsMax: number
  private buffer: Buffer = EMPTY
  private start = 0
  private end = 0

  constructor(recordsMax: number) {
    this.recordsMax = recordsMax
  }

  clear(): this {
    this.count = 0
    this.overflowed = false
    this.start = 0
    this.end = 0
    return this
  }

  /** Takes the rest of the reader's range. */
  load(reader: ByteReader): this {
    this.clear()
    this.overflowed = reader.u8() === 1
    this.count = reader.u16()
    const bytes = reader.left
    this.reserve(bytes)
    reader.buffer.copy(this.buffer, 0, reader.position, reader.end)
    this.end = bytes
    reader.position = reader.end
    return this
  }

  /** Stands on the reader's bytes as they lie there: for reading alone, while they do not change. */
  over(reader: ByteReader): this {
    this.overflowed = reader.u8() === 1
    this.count = reader.u16()
    this.buffer = reader.buffer
    this.start = reader.position
    this.end = reader.end
    return this
  }

  save(writer: ByteWriter): void {
    writer.u8(this.overflowed ? 1 : 0)
    writer.u16(this.count)
    writer.bytes(this.buffer, this.start, this.end)
  }

  /**
   * Adds a record beside any equal one, unless it is too old for a full list; answers whether anything changed,
   * `overflowed` included. Throws for a record beyond 64 KiB.
   */
  add(at: number, id: Uint8Array, payload: Uint8Array = EMPTY): boolean {
    let place = this.end
    while (place > this.start) {
      const before = this.before(place)
      if (this.compare(before, at, id) <= 0) break
      place = before
    }
    if (this.count === this.recordsMax) {
      const firstTime = !this.overflowed
      this.overflowed = true
      if (place === this.start) return firstTime
    }
    this.insert(place, at, id, payload)
    if (this.count > this.recordsMax) this.remove(this.start)
    return true
  }

  /** Adds a record, or replaces the one of the same time and id; answers as `add` does. */
  put(at: number, id: Uint8Array, payload: Uint8Array): boolean {
    const place = this.find(at, id)
    if (place >= 0) this.remove(place)
    return this.add(at, id, payload)
  }

  /** The record of this time and id. */
  find(at: number, id: Uint8Array): Place {
    for (let place = this.newest(); place >= 0; place = this.older(place)) {
      const order = this.compare(place, at, id)
      if (order === 0) return place
      if (order < 0) return -1
    }
    return -1
  }

  /** The newest record of this id, whatever its time. */
  findId(id: Uint8Array): Place {
    for (let place = this.newest(); place >= 0; place = this.older(place)) {
      if (this.compareId(place, id) === 0) return place
    }
    return -1
  }

  remove(place: Place): void {
    const next = place + this.sizeAt(place)
    if (place === this.start) this.start = next
    else {
      this.buffer.copyWithin(place, next, this.end)
      this.end -= next - place
    }
    this.count--
  }

  oldest(): Place {
    return this.count === 0 ? -1 : this.start
  }

  newest(): Place {
    return this.count === 0 ? -1 : this.before(this.end)
  }

  older(place: Place): Place {
    return place === this.start ? -1 : this.before(place)
  }

  newer(place: Place): Place {
    const next = place + this.sizeAt(place)
    return next === this.end ? -1 : next
  }

  at(place: Place): number {
    return this.buffer.readDoubleLE(place + AT_OFFSET)
  }

  /** Points the reader at the record's id; nothing is copied. */
  id(place: Place, reader: ByteReader): ByteReader {
    const start = place + ID_OFFSET
    return reader.over(this.buffer, start, start + this.idLength(place))
  }

  idText(place: Place): string {
    const start = place + ID_OFFSET
    return this.buffer.toString('utf8', start, start + this.idLength(place))
  }

  /** Points the reader at the record's payload; nothing is copied. */
  payload(place: Place, reader: ByteReader): ByteReader {
    const start = place + ID_OFFSET + this.idLength(place)
    return reader.over(this.buffer, start, place + this.sizeAt(place) - SIZE_BYTES)
  }

  /** Below, at or above zero as the record's payload sorts before, with or after these bytes. */
  comparePayload(place: Place, bytes: Uint8Array): number {
    const { buffer, position, end } = this.payload(place, payloadReader)
    return buffer.compare(bytes, 0, bytes.length, position, end)
  }

  private sizeAt(place: Place): number {
    return this.buffer.readUInt16LE(place)
  }

  private idLength(place: Place): number {
    return this.buffer.readUInt16LE(place + ID_LENGTH_OFFSET)
  }

  private before(place: Place): Place {
    return place - this.buffer.readUInt16LE(place - SIZE_BYTES)
  }

  private compare(place: Place, at: number, id: Uint8Array): number {
    const own = this.at(place)
    return own === at ? this.compareId(place, id) : own - at
  }

  private compareId(place: Place, id: Uint8Array): number {
    const start = place + ID_OFFSET
    return this.buffer.compare(id, 0, id.length, start, start + this.idLength(place))
  }

  private insert(place: Place, at: number, id: Uint8Array, payload: Uint8Array): void {
    const size = FRAME_BYTES + id.length + payload.length
    if (size > RECORD_BYTES_MAX)
      throw new RangeError(`a record of ${size} bytes; at most ${RECORD_BYTES_MAX}`)
    this.reserve(size)
    const buffer = this.buffer
    buffer.copyWithin(place + size, place, this.end)
    buffer.writeUInt16LE(size, place)
    buffer.writeDoubleLE(at, place + AT_OFFSET)
    buffer.writeUInt16LE(id.length, place + ID_LENGTH_OFFSET)
    buffer.set(id, place + ID_OFFSET)
    buffer.set(payload, place + ID_OFFSET + id.length)
    buffer.writeUInt16LE(size, place + size - SIZE_BYTES)
    this.end += size
    this.count++
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.end + bytes, this.buffer.length * 2, BUFFER_BYTES_MIN))
    this.buffer.copy(grown, 0, 0, this.end)
    this.buffer = grown
  }
}
