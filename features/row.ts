import type { ByteWriter } from '../engine/bytes.ts'
import { EngineError } from '../engine/errors.ts'
import { type SlotTable, TileClock } from './slots.ts'
import { EVENT_TIME_MAX_MS } from './tiles.ts'

/**
 * A row is `newest · entry*`: the newest event time as a varint, then the non-zero sums ordered by slot, and
 * within a slot from the newest tile to the oldest. An entry is
 * - a byte of two steps, 4 bits each (15 means: the rest follows as a varint). High: slots since the last
 *   entry, 0 for the same slot. Low: tiles back from the newest event's tile for a slot's first entry,
 *   otherwise from the tile just before the last entry's;
 * - the sum as a varint whose lowest bit is the sign.
 * So equal sums are equal bytes, and an entry takes about 2 bytes for a count, 4 to 5 for a decayed sum.
 */
const STEP_BITS = 4
const STEP_MASK = (1 << STEP_BITS) - 1
const STEP_ESCAPE = STEP_MASK

/** Sums beyond it stay at it: the one place where taking away is not exact, 5e8 events in one epoch away. */
export const SUM_MAX = Number.MAX_SAFE_INTEGER

/** The low part of a sum's varint holds the sign and 27 bits, so that it stays a small integer. */
const LOW_BITS = 27
const LOW_MASK = 2 ** LOW_BITS - 1
const LOW_SCALE = 2 ** LOW_BITS
const LOW_VARINT_BITS = 28

/** Two steps with their rest, and a sum. */
const ENTRY_BYTES_MAX = 1 + 5 + 5 + 8
const NEWEST_BYTES_MAX = 7

/** Walks the entries of a row: `over`, then `next` until it answers false. Makes no objects. */
export class RowCursor {
  /** Newest event time of the row; -1 for no row. */
  newest = -1
  /** Of the current entry; past the end it is the table's slot count, after every slot there is. */
  slot = -1
  tile = 0
  value = 0
  private buffer: Buffer = Buffer.alloc(0)
  private at = 0
  private end = 0
  private readonly table: SlotTable
  private readonly clock: TileClock

  constructor(table: SlotTable) {
    this.table = table
    this.clock = new TileClock(table)
  }

  /** Points at a row; an empty range is a row without events. Throws `STATE_CORRUPT`, as `next` does. */
  over(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer
    this.at = start
    this.end = end
    this.slot = -1
    this.newest = -1
    if (start >= end) return
    this.newest = this.varint(EVENT_TIME_MAX_MS)
    this.clock.set(this.newest)
  }

  next(): boolean {
    if (this.at >= this.end) {
      this.slot = this.table.count
      return false
    }
    const steps = this.buffer[this.at++]!
    let slotStep = steps >>> STEP_BITS
    let tileStep = steps & STEP_MASK
    if (slotStep === STEP_ESCAPE) slotStep += this.varint(this.table.count)
    if (tileStep === STEP_ESCAPE) tileStep += this.varint(0x7fff_ffff)
    if (slotStep === 0) {
      if (this.slot < 0) throw this.corrupt('begins without a slot')
      this.tile -= tileStep + 1
    } else {
      this.slot += slotStep
      if (this.slot >= this.table.count) throw this.corrupt(`names slot ${this.slot} of ${this.table.count}`)
      this.tile = this.clock.tile[this.table.gridOf[this.slot]!]! - tileStep
    }
    if (this.tile < 0) throw this.corrupt('names a tile before the epoch')
    this.readValue()
    return true
  }

  private readValue(): void {
    const buffer = this.buffer
    let at = this.at
    let byte = buffer[at++]!
    let low = byte & 0x7f
    let shift = 7
    while (byte >= 0x80 && shift < LOW_VARINT_BITS) {
      byte = buffer[at++]!
      low |= (byte & 0x7f) << shift
      shift += 7
    }
    this.at = at
    let magnitude = low >>> 1
    if (byte >= 0x80) magnitude += this.varint(2 ** 26 - 1) * LOW_SCALE
    if (this.at > this.end || magnitude === 0) throw this.corrupt('holds a broken sum')
    this.value = low & 1 ? -magnitude : magnitude
  }

  private varint(max: number): number {
    let value = 0
    let scale = 1
    for (;;) {
      if (this.at >= this.end) throw this.corrupt('ends early')
      const byte = this.buffer[this.at++]!
      value += (byte & 0x7f) * scale
      if (value > max) throw this.corrupt(`holds a number above ${max}`)
      if (byte < 0x80) return value
      scale *= 128
      if (scale > SUM_MAX) throw this.corrupt('holds an endless number')
    }
  }

  private corrupt(what: string): EngineError {
    return new EngineError('STATE_CORRUPT', `a row of view "${this.table.name}" ${what}, at byte ${this.at}`)
  }
}

/** Writes a row entry by entry, in order, leaving out what is zero or older than its slot keeps. */
export class RowEncoder {
  private readonly table: SlotTable
  private readonly clock: TileClock
  private writer: ByteWriter | undefined
  private buffer: Buffer = Buffer.alloc(0)
  private at = 0
  private slot = -1
  private tile = 0

  constructor(table: SlotTable) {
    this.table = table
    this.clock = new TileClock(table)
  }

  begin(writer: ByteWriter, newest: number): void {
    this.writer = writer
    this.clock.set(newest)
    this.slot = -1
    writer.reserve(NEWEST_BYTES_MAX)
    this.buffer = writer.buffer
    this.at = writer.position
    this.varint(newest)
  }

  put(slot: number, tile: number, value: number): void {
    const grid = this.table.gridOf[slot]!
    if (value === 0 || tile < this.clock.oldest[grid]!) return
    if (this.at + ENTRY_BYTES_MAX > this.buffer.length) this.grow()
    const slotStep = slot === this.slot ? 0 : slot - this.slot
    const tileStep = slotStep === 0 ? this.tile - tile - 1 : this.clock.tile[grid]! - tile
    this.slot = slot
    this.tile = tile
    const high = slotStep < STEP_ESCAPE ? slotStep : STEP_ESCAPE
    const low = tileStep < STEP_ESCAPE ? tileStep : STEP_ESCAPE
    this.buffer[this.at++] = (high << STEP_BITS) | low
    if (high === STEP_ESCAPE) this.varint(slotStep - STEP_ESCAPE)
    if (low === STEP_ESCAPE) this.varint(tileStep - STEP_ESCAPE)
    this.putValue(value)
  }

  finish(): void {
    this.writer!.position = this.at
  }

  private putValue(value: number): void {
    const sign = value < 0 ? 1 : 0
    const magnitude = value < 0 ? -value : value
    // `&` keeps the low 32 bits of a larger integer exactly.
    const low = ((magnitude & LOW_MASK) << 1) | sign
    if (magnitude <= LOW_MASK) return this.smallVarint(low)
    const buffer = this.buffer
    let at = this.at
    for (let shift = 0; shift < LOW_VARINT_BITS; shift += 7) buffer[at++] = ((low >>> shift) & 0x7f) | 0x80
    this.at = at
    this.varint((magnitude - (magnitude & LOW_MASK)) / LOW_SCALE)
  }

  private smallVarint(value: number): void {
    const buffer = this.buffer
    let at = this.at
    let rest = value
    while (rest >= 0x80) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    buffer[at++] = rest
    this.at = at
  }

  private varint(value: number): void {
    let rest = value
    while (rest > LOW_MASK) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.smallVarint(rest)
  }

  private grow(): void {
    this.writer!.position = this.at
    this.writer!.reserve(this.buffer.length + ENTRY_BYTES_MAX)
    this.buffer = this.writer!.buffer
  }
}
