import { ByteReader, ByteWriter, TruncatedBytes } from '../../bytes.ts'
import { EngineError } from '../../errors.ts'
import { FrameWriter, HEADER_BYTES, RECORD_HEADER_BYTES, type Frame } from '../frame.ts'
import type { InputPosition } from '../port.ts'

/**
 * A commit's changelog as records: the block in parts that fit a record, the last of which begins with what
 * the commit stands for: `u8 kind`, then for the last part the commit's sequence and positions, then bytes.
 * Parts and outputs are one transaction, so a part never lies there without its last.
 */
const PART = 0
const LAST = 1
/** Below a topic's default limit of 1 MiB. */
const PART_BYTES_MAX = 800 << 10

export interface CommitRecord {
  readonly sequence: number
  readonly positions: readonly InputPosition[]
}

const PART_HEAD = Buffer.of(PART)

/** The records of a commit. Its block, which may be large, is copied once. */
export const writeBlock = (commit: CommitRecord, block: Buffer): Frame => {
  const head = lastHead(commit)
  const parts = Math.max(0, Math.ceil(block.length / PART_BYTES_MAX) - 1)
  const overhead = parts * (RECORD_HEADER_BYTES + PART_HEAD.length) + RECORD_HEADER_BYTES + head.length
  const writer = new FrameWriter(HEADER_BYTES + overhead + block.length)
  for (let part = 0; part < parts; part++) {
    writer.appendJoined(0, PART_HEAD, block, part * PART_BYTES_MAX, (part + 1) * PART_BYTES_MAX)
  }
  writer.appendJoined(0, head, block, parts * PART_BYTES_MAX, block.length)
  return writer.end()
}

const lastHead = ({ sequence, positions }: CommitRecord): Buffer => {
  const writer = new ByteWriter()
  writer.u8(LAST)
  writer.varint(sequence)
  writer.varint(positions.length)
  for (const { topic, partition, offset, newest } of positions) {
    writer.string(topic)
    writer.varint(partition)
    writer.varint(offset)
    writer.f64(newest)
  }
  return writer.view()
}

/** Puts the records of a changelog together again, in order. */
export class BlockReader {
  private readonly parts: Buffer[] = []
  private readonly reader = new ByteReader()

  /** The commit that a record ends, with its block's bytes; undefined while parts are to come. */
  add(record: Buffer): (CommitRecord & { readonly bytes: Buffer }) | undefined {
    const { reader } = this
    try {
      reader.over(record)
      if (reader.u8() === PART) {
        this.parts.push(record.subarray(reader.position))
        return undefined
      }
      const sequence = reader.varint()
      const positions = Array.from({ length: reader.varint() }, () => ({
        topic: reader.string(),
        partition: reader.varint(),
        offset: reader.varint(),
        newest: reader.f64(),
      }))
      this.parts.push(record.subarray(reader.position))
      return { sequence, positions, bytes: Buffer.concat(this.parts.splice(0)) }
    } catch (cause) {
      if (!(cause instanceof TruncatedBytes)) throw cause
      throw new EngineError('STATE_CORRUPT', 'a changelog record ends early', { cause })
    }
  }
}
