import type { ByteWriter } from '../engine/bytes.ts'
import { Contributions } from './contributions.ts'
import {
  ENTRY_BYTES_MAX,
  ENTRY_GROWTH_MAX,
  LOW_MASK,
  LOW_SCALE,
  LOW_VARINT_BITS,
  NEWEST_BYTES_MAX,
  RowCursor,
  STEP_BITS,
  STEP_ESCAPE,
  SUM_MAX,
} from './row.ts'
import { type SlotTable, TileClock } from './slots.ts'

/** After every slot there is. */
const NO_SLOT = 0x7fff_ffff

/**
 * Adds up rows of one view. The sum of rows depends on nothing but the events in them: sums are integers,
 * and what expires is decided by the newest event time, which never goes back. So a row whose sums are all
 * taken back still keeps that time (6 bytes): without it, an event too late to count would count after all.
 */
export class RowMerger {
  private readonly table: SlotTable
  private readonly row: RowCursor
  private readonly clock: TileClock
  private readonly entries = new Contributions()
  private out: Buffer = Buffer.alloc(0)

  constructor(table: SlotTable) {
    this.table = table
    this.row = new RowCursor(table)
    this.clock = new TileClock(table)
  }

  /**
   * Writes the row `buffer[start..end)` plus `added`, in one pass; an empty range is a row without events.
   * Answers false, and writes nothing, when neither holds an event. Throws `STATE_CORRUPT`.
   */
  add(buffer: Buffer, start: number, end: number, added: Contributions, writer: ByteWriter): boolean {
    this.row.over(buffer, start, end)
    const newest = Math.max(this.row.newest, added.newest)
    if (newest < 0) return false
    this.clock.set(newest)
    const bytesMax = (end - start) * (1 + ENTRY_GROWTH_MAX / 2) + added.count * ENTRY_BYTES_MAX + NEWEST_BYTES_MAX
    writer.reserve(bytesMax)
    this.out = writer.buffer
    const entriesStart = this.writeVarint(newest, writer.position)
    writer.position = this.addEntries(buffer, end, added, entriesStart)
    return true
  }

  /** Writes the sum of two rows. */
  merge(
    into: Buffer,
    intoStart: number,
    intoEnd: number,
    from: Buffer,
    start: number,
    end: number,
    writer: ByteWriter,
  ): boolean {
    this.load(from, start, end, this.entries)
    return this.add(into, intoStart, intoEnd, this.entries, writer)
  }

  /** Writes the first row less the events of the second; what the second's newest time expired stays so. */
  takeAway(
    whole: Buffer,
    wholeStart: number,
    wholeEnd: number,
    part: Buffer,
    start: number,
    end: number,
    writer: ByteWriter,
  ): boolean {
    this.load(part, start, end, this.entries)
    this.entries.negate()
    return this.add(whole, wholeStart, wholeEnd, this.entries, writer)
  }

  /** Replaces `entries` by those of a row. */
  load(buffer: Buffer, start: number, end: number, entries: Contributions): void {
    const { row } = this
    entries.reset()
    row.over(buffer, start, end)
    entries.newest = row.newest
    while (row.next()) entries.push(row.slot, row.tile, row.value)
  }

  /**
   * Merges the entries of the row at hand with those added, from and to bytes. One function with all of its
   * state in locals, because every event of every view passes here and it takes a third less time so. Sums
   * that nothing is added to are copied unread.
   */
  private addEntries(buffer: Buffer, end: number, added: Contributions, outStart: number): number {
    const { row, out } = this
    const { gridOf } = this.table
    const { newestTile } = row
    const { tile: outNewestTile, oldest } = this.clock
    const { slots, tiles, values, count } = added
    let at = row.at
    let outAt = outStart
    let rowSlot = -1
    let rowTile = 0
    let index = 0
    let outSlot = -1
    let outTile = 0
    let inRow = false
    for (;;) {
      if (!inRow) {
        if (at < end) {
          inRow = true
          const steps = buffer[at++]!
          let slotStep = steps >>> STEP_BITS
          let tileStep = steps & STEP_ESCAPE
          
        }
      }
    }
  }
}
