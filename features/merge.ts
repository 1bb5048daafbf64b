import type { ByteWriter } from '../engine/bytes.ts'
import { Contributions } from './contributions.ts'
import { RowCursor, RowEncoder, SUM_MAX } from './row.ts'
import type { SlotTable } from './slots.ts'

/**
 * Adds up rows of one view. The sum of rows depends on nothing but the events in them: sums are integers,
 * and what expires is decided by the newest event time, which never goes back. So a row whose sums are all
 * taken back still keeps that time (7 bytes): without it, an event too late to count would count after all.
 */
export class RowMerger {
  private readonly cursor: RowCursor
  private readonly encoder: RowEncoder
  private readonly entries = new Contributions()

  constructor(table: SlotTable) {
    this.cursor = new RowCursor(table)
    this.encoder = new RowEncoder(table)
  }

  /**
   * Writes the row `buffer[start..end)` plus `added`, in one pass; an empty range is a row without events.
   * Answers false, and writes nothing, when neither holds an event. Throws `STATE_CORRUPT`.
   */
  add(buffer: Buffer, start: number, end: number, added: Contributions, writer: ByteWriter): boolean {
    const { cursor, encoder } = this
    cursor.over(buffer, start, end)
    const newest = Math.max(cursor.newest, added.newest)
    if (newest < 0) return false
    encoder.begin(writer, newest)
    const { slots, tiles, values, count } = added
    let more = cursor.next()
    for (let index = 0; index < count; index++) {
      const slot = slots[index]!
      const tile = tiles[index]!
      while (more && (cursor.slot < slot || (cursor.slot === slot && cursor.tile > tile))) {
        encoder.put(cursor.slot, cursor.tile, cursor.value)
        more = cursor.next()
      }
      if (more && cursor.slot === slot && cursor.tile === tile) {
        encoder.put(slot, tile, saturated(cursor.value + values[index]!))
        more = cursor.next()
      } else encoder.put(slot, tile, values[index]!)
    }
    while (more) {
      encoder.put(cursor.slot, cursor.tile, cursor.value)
      more = cursor.next()
    }
    encoder.finish()
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
    const { cursor } = this
    entries.reset()
    cursor.over(buffer, start, end)
    entries.newest = cursor.newest
    while (cursor.next()) entries.push(cursor.slot, cursor.tile, cursor.value)
  }
}

const saturated = (sum: number): number => (sum > SUM_MAX ? SUM_MAX : sum < -SUM_MAX ? -SUM_MAX : sum)
