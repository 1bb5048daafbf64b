import { ByteWriter } from '../../bytes.ts'
import type { FrameCursor } from '../frame.ts'

/**
 * Kafka's record batch, version 2, made of a frame's records in one pass and without an object a record.
 * Source: https://kafka.apache.org/documentation/#recordbatch. Numbers of the header are big endian, those of
 * a record zigzag varints.
 */
export const BATCH = {
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const

export const MAGIC = 2
/** The length counts from behind itself. */
export const LENGTH_END = 12
export const TRANSACTIONAL = 0x10
export const CONTROL = 0x20
export const COMPRESSION = 0x07
/** Record attributes and the count of headers: a byte each. */
const FIXED_BYTES = 2

/** Who sends a batch; the sequence counts a producer's records to a partition, modulo 2^31. */
export interface Producer {
  readonly id: bigint
  readonly epoch: number
  readonly isTransactional: boolean
}

export class RecordBatchWriter {
  private readonly writer = new ByteWriter(1 << 16)
  private records = 0
  private baseTime = 0
  private maxTime = 0

  constructor() {
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
    this.writer.reserve(BATCH.records)
    this.writer.position = BATCH.records
    this.records = 0
  }

  /** Adds the record that the cursor stands on. */
  append(cursor: FrameCursor): void {
    const { buffer, keyStart, keyEnd, valueStart, valueEnd } = cursor
    this.add(cursor.time, buffer, keyStart, keyEnd, buffer, valueStart, valueEnd)
  }

  add(
    claimedTime: number,
    key: Buffer,
    keyStart: number,
    keyEnd: number,
    value: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void {
    const { writer } = this
    const time = timestampOf(claimedTime)
    if (this.records === 0) {
      this.baseTime = time
      this.maxTime = time
    } else if (time > this.maxTime) this.maxTime = time
    const keyBytes = keyEnd - keyStart
    const valueBytes = valueEnd - valueStart
    const delta = time - this.baseTime
    const lengths =
      signedBytes(delta) + signedBytes(this.records) + signedBytes(keyBytes) + signedBytes(valueBytes)
    writer.signedVarint(FIXED_BYTES + lengths + keyBytes + valueBytes)
    writer.u8(0)
    writer.signedVarint(delta)
    writer.signedVarint(this.records)
    writer.signedVarint(keyBytes)
    writer.bytes(key, keyStart, keyEnd)
    writer.signedVarint(valueBytes)
    writer.bytes(value, valueStart, valueEnd)
    writer.u8(0)
    this.records++
  }

  /** The batch so far, as a copy of its own; the writer starts anew. */
  take(producer: Producer, sequence: number, crc32c: (bytes: Buffer) => number): Buffer {
    const batch = this.writer.copy()
    batch.writeBigInt64BE(0n, 0)
    batch.writeInt32BE(batch.length - LENGTH_END, BATCH.length)
    batch.writeInt32BE(-1, LENGTH_END)
    batch.writeInt8(MAGIC, BATCH.magic)
    batch.writeInt16BE(producer.isTransactional ? TRANSACTIONAL : 0, BATCH.attributes)
    batch.writeInt32BE(this.records - 1, BATCH.lastOffsetDelta)
    batch.writeBigInt64BE(BigInt(this.baseTime), BATCH.baseTimestamp)
    batch.writeBigInt64BE(BigInt(this.maxTime), BATCH.maxTimestamp)
    batch.writeBigInt64BE(producer.id, BATCH.producerId)
    batch.writeInt16BE(producer.epoch, BATCH.producerEpoch)
    batch.writeInt32BE(sequence, BATCH.baseSequence)
    batch.writeInt32BE(this.records, BATCH.count)
    batch.writeUInt32BE(crc32c(batch.subarray(BATCH.attributes)), BATCH.crc)
    this.reset()
    return batch
  }
}

/** Kafka takes no negative times and no fractions; readers of the log order by it and take the event's own as true. */
const timestampOf = (time: number): number =>
  time >= 0 && time <= Number.MAX_SAFE_INTEGER / 4 ? Math.floor(time) : 0

/** Length of a signed varint. */
const signedBytes = (value: number): number => {
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  let bytes = 1
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}
