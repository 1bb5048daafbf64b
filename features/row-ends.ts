import { RowCursor } from './row.ts'
import { FOREVER_MS, type SlotTable } from './slots.ts'

/**
 * Tells when a row of a view has ended: when, to every event dated at or after a time and to whoever reads as of then, it
 * is as good as no row. That follows from two things alone: it is past its time to live, so it reads as never seen; and
 * each of its sums lies on a tile that the next event, as the row's newest, leaves behind (see merge.ts), so that the
 * sum of both rows is that event's own. The second may come long after the first: a total within W ends up to 2 W
 * after the newest event, a decayed sum up to 24 half-lives.
 */
export class RowEnds {
  private readonly table: SlotTable
  private readonly cursor: RowCursor
  private readonly timeToLiveMs: number

  private constructor(table: SlotTable, timeToLiveMs: number) {
    this.table = table
    this.cursor = new RowCursor(table)
    this.timeToLiveMs = timeToLiveMs
  }

  /** Undefined for a view with a total over all time: its rows have no end. */
  static of(table: SlotTable, timeToLiveMs: number): RowEnds | undefined {
    const isEndless = table.slots.some(({ tileMs }) => tileMs === FOREVER_MS)
    return isEndless ? undefined : new RowEnds(table, timeToLiveMs)
  }

  /** Makes no objects. Throws `STATE_CORRUPT` for bytes that are no row. */
  hasEnded(buffer: Buffer, start: number, end: number, at: number): boolean {
    const { cursor } = this
    cursor.over(buffer, start, end)
    // What remembers an erasure is held by the timer that forgets it.
    if (!this.isOutlived(cursor.newest, at) || cursor.erasedAt !== 0) return false
    const { gridOf, gridTileMs, gridHorizonTiles } = this.table
    while (cursor.next()) {
      const grid = gridOf[cursor.slot]!
      if (at < (cursor.tile + gridHorizonTiles[grid]! + 1) * gridTileMs[grid]!) return false
    }
    return true
  }

  /** Whether a row of this newest time reads as never seen. */
  isOutlived(newest: number, at: number): boolean {
    return at > newest + this.timeToLiveMs
  }
}
