import { ByteWriter } from '../bytes.ts'

/**
 * A frame is a batch of records in one buffer, so that a thousand records cost one write, one read and no
 * objects: `u32 count`, then per record `f64 time · u16 keyLength · u32 valueLength · key · value`.
 */
export interface Frame {
  readonly count: number
  readonly bytes: Buffer
}

export const HEADER_BYTES = 4
export const RECORD_HEADER_BYTES = 14

/** Largest value of a record; a larger one is refused where it is written (`RECORD_TOO_LARGE`). */
export const RECORD_BYTES_MAX = 1 << 20

export class FrameWriter {
  private readonly writer: ByteWriter
  private records = 0

  constructor(capacityBytes = 4096) {
    this.writer = new ByteWriter(capacityBytes)
    this.reset()
  }

  get count(): number {
    return this.records
  }

  get bytes(): number {
    return this.writer.position
  }

  reset(): void {
    this.writer.reset()
    this.writer.u32(0)
    this.records = 0
  }

  append(
    time: number,
    key: Buffer,
    keyStart: number,
    keyEnd: number,
    value: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void {
    this.begin(time, keyEnd - keyStart, valueEnd - valueStart)
    this.writer.bytes(key, keyStart, keyEnd)
    this.writer.bytes(value, valueStart, valueEnd)
  }

  /** As `append`, for a value that follows its key in memory whose `DataView` is at hand. */
  appendFrom(time: number, source: DataView, keyStart: number, keyEnd: number, valueEnd: number): void {
    this.begin(time, keyEnd - keyStart, valueEnd - keyEnd)
    this.writer.copyFrom(source, keyStart, valueEnd)
  }

  /** A record without a key, whose value is `head` and then a part of `body`. */
  appendJoined(time: number, head: Buffer, body: Buffer, start: number, end: number): void {
    this.begin(time, 0, head.length + end - start)
    this.writer.bytes(head)
    this.writer.bytes(body, start, end)
  }

  /** The frame so far, as a copy of its own; the writer starts anew. */
  take(): Frame {
    const { count } = this.end()
    const frame = { count, bytes: this.writer.copy() }
    this.reset()
    return frame
  }

  /** The frame as it lies, for a writer that is of no more use. */
  end(): Frame {
    this.writer.buffer.writeUInt32LE(this.records, 0)
    return { count: this.records, bytes: this.writer.view() }
  }

  private begin(time: number, keyLength: number, valueLength: number): void {
    const writer = this.writer
    writer.reserve(RECORD_HEADER_BYTES + keyLength + valueLength)
    writer.f64(time)
    writer.u16(keyLength)
    writer.u32(valueLength)
    this.records++
  }
}

export const frameOf = (bytes: Buffer): Frame => ({ count: bytes.readUInt32LE(0), bytes })

/** Walks a frame's records without making objects: `next()`, then read the fields. */
export class FrameCursor {
  buffer: Buffer = Buffer.alloc(0)
  time = 0
  keyStart = 0
  keyEnd = 0
  valueStart = 0
  valueEnd = 0
  /** Index of the current record within the frame. */
  index = -1
  private count = 0

  over(frame: Frame): this {
    this.buffer = frame.bytes
    this.count = frame.count
    this.index = -1
    this.valueEnd = HEADER_BYTES
    return this
  }

  /** Moves to the next record; false at the end. */
  next(): boolean {
    if (this.index + 1 >= this.count) return false
    this.index++
    const at = this.valueEnd
    const buffer = this.buffer
    this.time = buffer.readDoubleLE(at)
    this.keyStart = at + RECORD_HEADER_BYTES
    this.keyEnd = this.keyStart + buffer.readUInt16LE(at + 8)
    this.valueStart = this.keyEnd
    this.valueEnd = this.valueStart + buffer.readUInt32LE(at + 10)
    return true
  }
}
