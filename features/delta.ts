import { type ByteWriter, copyBytes } from '../engine/bytes.ts'
import { EngineError } from '../engine/errors.ts'
import { KEY_BYTES_MAX, type KeyWriter } from '../engine/key.ts'
import type { Topic } from '../engine/topic.ts'
import type { View } from './view.ts'

const EMPTY: Buffer = Buffer.alloc(0)

/** Length of the key, before it. */
const KEY_LENGTH_BYTES = 2
/** Beside the length: a byte with the view's version follows. Without it, it is the first. */
const HAS_VERSION = 0x8000
const FIRST_VERSION = 1

/**
 * What events add to one row, on its way to the task that keeps the row: `u16 keyLength · key · row`, and from a view's
 * second version on that version before the key; all of it in the record's value, so that neither decoding nor folding
 * needs anything else.
 */
export class ViewDelta {
  buffer = EMPTY
  start = 0
  /** Of the view that it was made for: rows of another are laid out otherwise. */
  version = FIRST_VERSION
  keyStart = 0
  rowStart = 0
  end = 0
  /** Newest event time in it, integer milliseconds. */
  time = 0
}

/** Begins a delta with its key; answers where that begins. The row follows. */
export const beginDelta = (version: number, key: KeyWriter, writer: ByteWriter): number => {
  if (version === FIRST_VERSION) writer.u16(key.length)
  else {
    writer.u16(key.length | HAS_VERSION)
    writer.u8(version)
  }
  const keyStart = writer.position
  writer.bytes(key.buffer, 0, key.length)
  return keyStart
}

/** Copies a delta's key as it is; its ids need not be known. */
export const copyKey = (delta: ViewDelta, key: KeyWriter): void => {
  copyBytes(delta.buffer, delta.keyStart, delta.rowStart, key.buffer, 0)
  key.length = delta.rowStart - delta.keyStart
}

/**
 * The internal topic that a view's deltas travel on, added up by key before they are written. Decoding throws
 * `DECODE_FAILED`, and `STATE_CORRUPT` for a broken row.
 */
export const deltaTopicOf = <In>(view: View<In>): Topic<ViewDelta> => {
  const head = new ViewDelta()
  /** Points a delta at bytes; answers where its row starts. */
  const over = (delta: ViewDelta, buffer: Buffer, start: number, end: number): number => {
    const length = start + KEY_LENGTH_BYTES <= end ? buffer.readUInt16LE(start) : 0
    const hasVersion = (length & HAS_VERSION) !== 0
    const keyBytes = length & ~HAS_VERSION
    delta.buffer = buffer
    delta.start = start
    delta.keyStart = start + KEY_LENGTH_BYTES + (hasVersion ? 1 : 0)
    delta.rowStart = delta.keyStart + keyBytes
    delta.end = end
    if (keyBytes < 1 || keyBytes > KEY_BYTES_MAX || delta.rowStart > end)
      throw new EngineError('DECODE_FAILED', `a delta of view "${view.name}" ends within its key`)
    delta.version = hasVersion ? buffer[delta.keyStart - 1]! : FIRST_VERSION
    return delta.rowStart
  }
  return {
    name: `${view.name}-deltas`,
    about: `What events add to rows of ${view.name}, rekeyed by ${view.keySpace}.`,
    keySpace: view.keySpace,
    graceMs: view.source.graceMs,
    isEcho: true,
    visibility: 'internal',
    key: copyKey,
    time: (delta) => delta.time,
    codec: {
      encode: (delta, writer) => writer.bytes(delta.buffer, delta.start, delta.end),
      decode(buffer, start, end) {
        const delta = new ViewDelta()
        over(delta, buffer, start, end)
        delta.time = view.newest(buffer, delta.rowStart, end)
        return delta
      },
    },
    fold: {
      merge(into, intoStart, intoEnd, from, start, end, writer) {
        const rowStart = over(head, from, start, end)
        const intoRow = intoStart < intoEnd ? over(head, into, intoStart, intoEnd) : intoEnd
        writer.bytes(from, start, rowStart)
        view.rows.merge(into, intoRow, intoEnd, from, rowStart, end, writer)
      },
    },
  }
}
