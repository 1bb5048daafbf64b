/** Before each row: `u32 keyLength · u32 valueLength`, the second `REMOVED` for a row to remove. */
const HEADER_BYTES = 8
const REMOVED = 0xffff_ffff
const PREFIX_BYTES = 4
const CAPACITY_BYTES_FIRST = 1 << 12

/** Takes rows one by one, as views of the batch's memory. */
export interface RowSink {
  put(key: Buffer, value: Buffer): void
  remove(key: Buffer): void
}

/**
 * Rows on their way to the disk, one behind the other in memory that threads share: filling it is copying
 * bytes, and another thread may do the rest.
 */
export class RowBatch {
  /** Rows put and removed. */
  rows = 0
  private buffer = sharedBuffer(CAPACITY_BYTES_FIRST)
  private end = 0

  /** The rows, for `eachRow`. */
  get bytes(): Buffer {
    return this.buffer.subarray(0, this.end)
  }

  /** Adds a row under `prefix`, 32 bits big endian, and `key`. */
  put(prefix: number, key: Uint8Array, value: Uint8Array): void {
    this.begin(PREFIX_BYTES + key.length, value.length, value.length)
    this.writePrefixed(prefix, key)
    this.writeBytes(value)
  }

  /** Removes the row under `prefix` and `key`. */
  remove(prefix: number, key: Uint8Array): void {
    this.begin(PREFIX_BYTES + key.length, REMOVED, 0)
    this.writePrefixed(prefix, key)
  }

  /** Adds a row under a key as it is. */
  putPlain(key: Uint8Array, value: Uint8Array): void {
    this.begin(key.length, value.length, value.length)
    this.writeBytes(key)
    this.writeBytes(value)
  }

  /** Empties the batch and keeps its memory. */
  clear(): void {
    this.rows = 0
    this.end = 0
  }

  private begin(keyLength: number, valueLength: number, valueBytes: number): void {
    this.reserve(HEADER_BYTES + keyLength + valueBytes)
    const at = this.buffer.writeUInt32LE(keyLength, this.end)
    this.end = this.buffer.writeUInt32LE(valueLength, at)
    this.rows++
  }

  private writePrefixed(prefix: number, key: Uint8Array): void {
    this.end = this.buffer.writeUInt32BE(prefix, this.end)
    this.writeBytes(key)
  }

  private writeBytes(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.end)
    this.end += bytes.length
  }

  private reserve(bytes: number): void {
    const needed = this.end + bytes
    if (needed <= this.buffer.length) return
    const grown = sharedBuffer(Math.max(needed, this.buffer.length * 2))
    grown.set(this.bytes)
    this.buffer = grown
  }
}

const sharedBuffer = (bytes: number): Buffer => Buffer.from(new SharedArrayBuffer(bytes))

/** Hands over a batch's rows in the order they were added. */
export const eachRow = (batch: Buffer, sink: RowSink): void => {
  for (let at = 0; at < batch.length;) {
    const keyStart = at + HEADER_BYTES
    const keyEnd = keyStart + batch.readUInt32LE(at)
    const valueLength = batch.readUInt32LE(at + 4)
    const key = batch.subarray(keyStart, keyEnd)
    at = keyEnd
    if (valueLength === REMOVED) sink.remove(key)
    else {
      at += valueLength
      sink.put(key, batch.subarray(keyEnd, at))
    }
  }
}
