import { type ByteWriter, copyBytes } from '../engine/bytes.ts'
import { EngineError } from '../engine/errors.ts'
import { KEY_BYTES_MAX, type KeyWriter } from '../engine/key.ts'
import type { Topic } from '../engine/topic.ts'
import type { View } from './view.ts'

const EMPTY: Buffer = Buffer.alloc(0)

/** Length of the key, before it. */
const KEY_LENGTH_BYTES = 2

/**
 * What events add to one row, on its way to the task that keeps the row: `u16 keyLength · key · row`, all of
 * it in the record's value, so that neither decoding nor folding needs anything else.
 */
export class ViewDelta {
  buffer = EMPTY
  start = 0
  rowStart = 0
  end = 0
  /** Newest event time in it, integer milliseconds. */
  time = 0

  get keyStart(): number {
    return this.start + KEY_LENGTH_BYTES
  }
}

/** Begins a delta with its key; the row follows. */
export const beginDelta = (key: KeyWriter, writer: ByteWriter): void => {
  writer.u16(key.length)
  writer.bytes(key.buffer, 0, key.length)
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
  const rowStartOf = (buffer: Buffer, start: number, end: number): number => {
    const keyStart = start + KEY_LENGTH_BYTES
    const keyBytes = keyStart <= end ? buffer.readUInt16LE(start) : 0
    if (keyBytes >= 1 && keyBytes <= KEY_BYTES_MAX && keyStart + keyBytes <= end) return keyStart + keyBytes
    throw new EngineError('DECODE_FAILED', `a delta of view "${view.name}" ends within its key`)
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
        delta.buffer = buffer
        delta.start = start
        delta.rowStart = rowStartOf(buffer, start, end)
        delta.end = end
        delta.time = view.newest(buffer, delta.rowStart, end)
        return delta
      },
    },
    fold: {
      merge(into, intoStart, intoEnd, from, start, end, writer) {
        const rowStart = rowStartOf(from, start, end)
        const intoRow = intoStart < intoEnd ? rowStartOf(into, intoStart, intoEnd) : intoEnd
        writer.bytes(from, start, rowStart)
        view.rows.merge(into, intoRow, intoEnd, from, rowStart, end, writer)
      },
    },
  }
}
