import { EngineError } from '../engine/errors.ts'
import { type SlotTable, TileClock } from './slots.ts'
import { EVENT_TIME_MAX_MS } from './tiles.ts'

/**
 * A row is `newest · entry*`: the newest event time in 6 bytes, little endian, then the non-zero sums ordered by slot, and
 * within a slot from the newest tile to the oldest. An entry is
 * - a byte of two steps, 4 bits each (15 means: the rest follows as a varint). High: slots since the last
 *   entry, 0 for the same slot. Low: tiles back from the newest event's tile for a slot's first entry,
 *   otherwise from the tile just before the last entry's;
 * - the sum as a varint whose lowest bit is the sign.
 * So equal sums are equal bytes, and an entry takes about 2 bytes for a count, 4 to 5 for a decayed sum.
 *
 * A row that remembers an erasure (see `erasedBy` of a view) has, between the newest time and the entries, a byte 0 and
 * the erasure's time in 6 bytes: no entry begins so, for the first one has a slot.
 *
 * Here are the constants of that form and the cursor that reads it; merge.ts writes it.
 */
export const STEP_BITS = 4
export const STEP_ESCAPE = (1 << STEP_BITS) - 1

/** Sums beyond it stay at it: the one place where taking away is not exact, 5e8 events in one epoch away. */
export const SUM_MAX = Number.MAX_SAFE_INTEGER

/** The first bytes of a sum's varint hold the sign and these bits, so that they fit a small integer. */
export const LOW_BITS = 27
export const LOW_MASK = 2 ** LOW_BITS - 1
export const LOW_SCALE = 2 ** LOW_BITS
export const LOW_VARINT_BITS = LOW_BITS + 1
const TWO_32 = 2 ** 32
const HIGH_MAX = 2 ** 26 - 1

export const NEWEST_BYTES = 6
export const ERASURE_MARK = 0
export const ERASURE_BYTES = 1 + NEWEST_BYTES
/** Two steps with their rest, and a sum. */
export const ENTRY_BYTES_MAX = 1 + 5 + 5 + 8
/** An entry of two bytes may need this much more for its steps once the newest event is later. */
export const ENTRY_GROWTH_MAX = 10

export const STEP_MAX = 2 ** 31 - 1

/** Time of the erasure that a row remembers, whatever its view's version; 0 for none. */
export const erasedAtOf = (buffer: Buffer, start: number, end: number): number => {
  const mark = start + NEWEST_BYTES
  if (mark + ERASURE_BYTES > end || buffer[mark] !== ERASURE_MARK) return 0
  return buffer.readUIntLE(mark + 1, NEWEST_BYTES)
}

/** Reads rows entry by entry: `over`, then `next` until it answers false. Makes no objects. */
export class RowCursor {
  /** Newest event time of the row; -1 for no row. */
  newest = -1
  /** Time of the erasure that the row remembers; 0 for none. */
  erasedAt = 0
  /** Of the current entry. */
  slot = -1
  tile = 0
  value = 0
  /** Where the next byte is read. */
  at = 0
  /** Tile of the newest event, by grid. */
  readonly newestTile: Int32Array
  private buffer: Buffer = Buffer.alloc(0)
  private end = 0
  private readonly table: SlotTable
  private readonly clock: TileClock

  constructor(table: SlotTable) {
    this.table = table
    this.clock = new TileClock(table)
    this.newestTile = this.clock.tile
  }

  /** Points at a row; an empty range is a row without events. Throws `STATE_CORRUPT`, as all methods do. */
  over(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer
    this.at = start
    this.end = end
    this.slot = -1
    this.newest = -1
    this.erasedAt = 0
    if (start >= end) return
    this.newest = this.time(start)
    this.at = start + NEWEST_BYTES
    this.clock.set(this.newest)
    if (this.at === end || buffer[this.at] !== ERASURE_MARK) return
    this.erasedAt = this.time(this.at + 1)
    this.at += ERASURE_BYTES
  }

  next(): boolean {
    if (this.at >= this.end) return false
    const steps = this.buffer[this.at++]!
    let slotStep = steps >>> STEP_BITS
    let tileStep = steps & STEP_ESCAPE
    if (slotStep === STEP_ESCAPE) slotStep += this.varint(this.at, STEP_MAX)
    if (tileStep === STEP_ESCAPE) tileStep += this.varint(this.at, STEP_MAX)
    let tile = this.tile - 1 - tileStep
    if (slotStep !== 0) {
      this.slot += slotStep
      tile = this.newestTile[this.table.gridOf[this.slot]!]! - tileStep
    }
    // A slot beyond the table has no grid, so its tile is not a number.
    if (!(tile >= 0) || this.slot < 0) throw this.corrupt()
    this.tile = tile
    this.value = this.sum(this.at)
    return true
  }

  private time(at: number): number {
    const { buffer } = this
    if (at + NEWEST_BYTES > this.end) throw this.corrupt()
    const low = buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24)
    const high = buffer[at + 4]! | (buffer[at + 5]! << 8)
    const time = high * TWO_32 + (low >>> 0)
    if (time > EVENT_TIME_MAX_MS) throw this.corrupt()
    return time
  }

  /** Reads the sum that begins at a byte; `at` is then after it. */
  sum(start: number): number {
    const buffer = this.buffer
    let at = start
    let byte = buffer[at++]!
    let low = byte & 0x7f
    let shift = 7
    while (byte >= 0x80 && shift < LOW_VARINT_BITS) {
      byte = buffer[at++]!
      low |= (byte & 0x7f) << shift
      shift += 7
    }
    let magnitude = low >>> 1
    if (byte >= 0x80) magnitude += this.varint(at, HIGH_MAX) * LOW_SCALE
    else this.at = at
    if (this.at > this.end || magnitude === 0) throw this.corrupt()
    return low & 1 ? -magnitude : magnitude
  }

  /** Reads the varint that begins at a byte; `at` is then after it. */
  varint(start: number, max: number): number {
    let value = 0
    let scale = 1
    for (let at = start; at < this.end && value <= max && scale <= max * 128; at++) {
      const byte = this.buffer[at]!
      value += (byte & 0x7f) * scale
      scale *= 128
      this.at = at + 1
      if (byte < 0x80 && value <= max) return value
    }
    throw this.corrupt()
  }

  corrupt(): EngineError {
    const detail = `what should be a row of view "${this.table.name}" is none, at byte ${this.at} of ${this.end}`
    return new EngineError('STATE_CORRUPT', detail)
  }
}
