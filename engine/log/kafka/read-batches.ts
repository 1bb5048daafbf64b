import { ByteReader } from '../../bytes.ts'
import { EngineError } from '../../errors.ts'
import { FrameWriter } from '../frame.ts'
import type { StoredFrame } from '../port.ts'
import { BATCH, COMPRESSION, CONTROL, LENGTH_END, MAGIC, TRANSACTIONAL } from './record-batch.ts'

/** A transaction that was taken back: of this producer, the records from `firstOffset` to its abort marker. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

/** What a fetch holds for those who read only what is committed. */
export interface ReadBatches {
  /** Records with consecutive offsets share a frame. */
  readonly frames: readonly StoredFrame[]
  /** Everything before it is in the frames, or is no record: a marker, or aborted. */
  readonly nextOffset: number
}

export interface BatchReading {
  readonly crc32c: (bytes: Buffer) => number
  readonly decompress: (codec: number, bytes: Buffer) => Buffer
}

/** A frame is closed at this size, so that a reader need not hold more at once. */
const FRAME_BYTES_MAX = 1 << 18
const KEY_BYTES_MAX = 0xffff
/** A control record's key: version, then its type. */
const CONTROL_TYPE_AT = 2
const ABORT = 0

/**
 * Turns fetched batches into frames from `offset` on. Of a fetch's list of aborted transactions an entry
 * counts from its first offset to the producer's next abort marker: one producer may have several in one
 * fetch, and one may have begun before the fetch.
 */
export const readBatches = (
  bytes: Buffer,
  offset: number,
  aborted: readonly AbortedTransaction[],
  reading: BatchReading,
): ReadBatches => {
  const frames = new FrameCollector()
  const pending = [...aborted].sort((one, other) => one.firstOffset - other.firstOffset)
  const abortedNow = new Set<bigint>()
  let nextOffset = offset
  for (let at = 0; at + LENGTH_END <= bytes.length;) {
    const end = at + LENGTH_END + bytes.readInt32BE(at + BATCH.length)
    // The last batch of a fetch may be cut off.
    if (end > bytes.length) break
    const batch = bytes.subarray(at, end)
    at = end
    const base = checkedBase(batch, reading)
    const last = base + batch.readInt32BE(BATCH.lastOffsetDelta)
    if (last < offset) continue
    nextOffset = last + 1
    while (pending.length > 0 && pending[0]!.firstOffset <= last) abortedNow.add(pending.shift()!.producerId)
    const attributes = batch.readInt16BE(BATCH.attributes)
    const producerId = batch.readBigInt64BE(BATCH.producerId)
    if ((attributes & CONTROL) !== 0) {
      if (controlType(batch) === ABORT) abortedNow.delete(producerId)
    } else if ((attributes & TRANSACTIONAL) === 0 || !abortedNow.has(producerId)) {
      readRecords(batch, base, attributes & COMPRESSION, offset, reading, frames)
    }
  }
  return { frames: frames.take(), nextOffset }
}

/** Puts records into frames; one ends where offsets are left out. */
class FrameCollector {
  private readonly frames: StoredFrame[] = []
  private readonly writer = new FrameWriter()
  private base = 0
  private next = -1

  /** Where the next record goes. */
  at(offset: number): FrameWriter {
    if (offset !== this.next || this.writer.bytes > FRAME_BYTES_MAX) {
      this.close()
      this.base = offset
    }
    this.next = offset + 1
    return this.writer
  }

  take(): StoredFrame[] {
    this.close()
    return this.frames
  }

  private close(): void {
    if (this.writer.count > 0) this.frames.push({ baseOffset: this.base, frame: this.writer.take() })
  }
}

const readRecords = (
  batch: Buffer,
  base: number,
  codec: number,
  from: number,
  { decompress }: BatchReading,
  frames: FrameCollector,
): void => {
  const baseTime = Number(batch.readBigInt64BE(BATCH.baseTimestamp))
  const records = batch.readInt32BE(BATCH.count)
  const packed = batch.subarray(BATCH.records)
  const buffer = codec === 0 ? packed : decompress(codec, packed)
  const reader = new ByteReader().over(buffer)
  for (let record = 0; record < records; record++) {
    const end = reader.signedVarint() + reader.position
    reader.u8()
    // The producer's own time, also where the topic's times are those of appending: the broker replaces only
    // the batch's greatest.
    const time = baseTime + reader.signedVarint()
    const offset = base + reader.signedVarint()
    const keyBytes = Math.max(0, reader.signedVarint())
    const keyStart = reader.position
    reader.position += keyBytes
    const valueBytes = Math.max(0, reader.signedVarint())
    const valueStart = reader.position
    reader.position = end
    if (offset < from) continue
    const keyEnd = keyStart + Math.min(keyBytes, KEY_BYTES_MAX)
    frames.at(offset).append(time, buffer, keyStart, keyEnd, buffer, valueStart, valueStart + valueBytes)
  }
}

const checkedBase = (batch: Buffer, { crc32c }: BatchReading): number => {
  const base = Number(batch.readBigInt64BE(0))
  const magic = batch.readInt8(BATCH.magic)
  if (magic !== MAGIC) {
    throw new EngineError(
      'LOG_REFUSED',
      `the batch at offset ${base} has format ${magic}: rewrite the topic with a client of Kafka 0.11 or later`,
    )
  }
  if (crc32c(batch.subarray(BATCH.attributes)) !== batch.readUInt32BE(BATCH.crc)) {
    throw new EngineError('LOG_UNAVAILABLE', `the batch at offset ${base} does not match its checksum`)
  }
  return base
}

const controlType = (batch: Buffer): number => {
  const reader = new ByteReader().over(batch, BATCH.records)
  reader.signedVarint()
  reader.u8()
  reader.signedVarint()
  reader.signedVarint()
  reader.signedVarint()
  return batch.readInt16BE(reader.position + CONTROL_TYPE_AT)
}
