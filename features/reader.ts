import type { Cell, Formula, Plan } from './columns.ts'
import { NEVER } from './columns.ts'
import { exp2 } from './exp2.ts'
import { RowCursor } from './row.ts'
import { type SlotTable, TileClock } from './slots.ts'
import { EVENT_TIME_MAX_MS } from './tiles.ts'

/** Decays of this many epochs are computed once for all rows that are read as of one time. */
const EPOCHS_KEPT = 4

const WINDOW = 0
const NEWEST = 1
const ACTIVE = 2
const WHOLE = 3
const CELL_KINDS: Record<Cell['kind'], number> = {
  window: WINDOW,
  newest: NEWEST,
  active: ACTIVE,
  total: WHOLE,
  decayed: WHOLE,
}

/** Reads rows into float32 columns, as of a time, without making objects. */
export class RowReader {
  private readonly cursor: RowCursor
  private readonly timeToLiveMs: number
  private readonly formulas: readonly Formula[]
  /** By column: the cell that it is, or -1 where it takes a formula. */
  private readonly plainCell: Int32Array
  private readonly cells: Float64Array
  private readonly cellKind: Uint8Array
  /** Cells of slot s are `cellsOf[firstCell[s] .. firstCell[s + 1])`. */
  private readonly firstCell: Int32Array
  private readonly cellsOf: Int32Array
  private readonly gridOf: Int32Array
  private readonly tileMs: Float64Array
  /** By slot; 0 for what does not decay. */
  private readonly halfLifeMs: Float64Array
  /** By slot: what sums are to be multiplied by, 2^-f with f the fraction bits. */
  private readonly scale: Float64Array

  /** What follows from the time that rows are read as of: tiles by grid, decays by slot and epochs back, −1 for not yet. */
  private asOf = NaN
  private readonly clock: TileClock
  private readonly decays: Float64Array
  /** The columns of a key never seen. */
  private readonly never: Float32Array
  /** By cell: tiles back from that time's tile that count. */
  private readonly tilesBack: Int32Array

  constructor(table: SlotTable, plan: Plan, scale: Float64Array, timeToLiveMs: number) {
    this.cursor = new RowCursor(table)
    this.clock = new TileClock(table)
    this.timeToLiveMs = timeToLiveMs
    this.formulas = plan.formulas
    this.plainCell = Int32Array.from(plan.formulas, (each) => (each.kind === 'cell' ? each.cell : -1))
    this.cells = new Float64Array(plan.cells.length)
    this.cellKind = Uint8Array.from(plan.cells, (cell) => CELL_KINDS[cell.kind])
    const bySlot = table.slots.map((_, slot) =>
      plan.cells.flatMap((cell, index) => (cell.slot === slot ? [index] : [])),
    )
    this.cellsOf = Int32Array.from(bySlot.flat())
    this.firstCell = new Int32Array(table.count + 1)
    bySlot.forEach((cells, slot) => (this.firstCell[slot + 1] = this.firstCell[slot]! + cells.length))
    this.tilesBack = Int32Array.from(plan.cells, (cell) => tilesBack(cell, table.slots[cell.slot]!.tileMs))
    this.gridOf = table.gridOf
    this.tileMs = Float64Array.from(table.slots, (slot) => slot.tileMs)
    this.halfLifeMs = Float64Array.from(table.slots, (slot) => slot.halfLifeMs)
    this.scale = scale
    this.decays = new Float64Array(table.count * EPOCHS_KEPT)
    this.never = Float32Array.from(plan.formulas, (formula) =>
      formula.kind === 'cell' ? 0 : this.evaluate(formula),
    )
  }

  /**
   * Writes every column at `row[offset..]`; sums read as 0 at least. An empty range, and a row whose newest event is longer ago than
   * the view's time to live, read as a key never seen. Throws `STATE_CORRUPT` for bytes that are no row.
   */
  read(buffer: Buffer, start: number, end: number, asOf: number, row: Float32Array, offset: number): void {
    if (asOf !== this.asOf) this.setTime(asOf)
    const { cursor, cells, plainCell } = this
    cursor.over(buffer, start, end)
    if (asOf > cursor.newest + this.timeToLiveMs) return this.readNever(row, offset)
    for (let cell = 0; cell < cells.length; cell++) cells[cell] = 0
    this.addEntries()
    for (let column = 0; column < plainCell.length; column++) {
      const cell = plainCell[column]!
      row[offset + column] = cell >= 0 ? notBelow0(cells[cell]!) : this.evaluate(this.formulas[column]!)
    }
  }

  /** Most keys that a feed asks for were never seen; what those read as hangs on no time. */
  private readNever(row: Float32Array, offset: number): void {
    const { never } = this
    for (let column = 0; column < never.length; column++) row[offset + column] = never[column]!
  }

  private setTime(asOf: number): void {
    if (!(asOf >= 0 && asOf <= EVENT_TIME_MAX_MS)) {
      throw new RangeError(`features are read as of milliseconds from 0 to ${EVENT_TIME_MAX_MS}, not ${asOf}`)
    }
    this.asOf = asOf
    this.clock.set(asOf)
    this.decays.fill(-1)
  }

  private addEntries(): void {
    const { cursor, cells, firstCell, cellsOf, cellKind, gridOf } = this
    const { tile: tileNow } = this.clock
    // Looked up here, for a number that a call answers is an object made.
    const { decays } = this
    const isOfThePast = cursor.newest <= this.asOf
    while (cursor.next()) {
      const { slot, tile, value } = cursor
      const back = tileNow[gridOf[slot]!]! - tile
      if (back < 0) continue
      const first = firstCell[slot]!
      const cell = cellsOf[first]!
      if (cellKind[cell] === WHOLE) {
        const known = isOfThePast && back < EPOCHS_KEPT ? decays[slot * EPOCHS_KEPT + back]! : -1
        cells[cell]! += value * (known >= 0 ? known : this.decay(slot, tile, back))
      } else this.addTile(first, firstCell[slot + 1]!, slot, tile, back, value)
    }
  }

  /** A tile of counts may be part of several cells. */
  private addTile(first: number, end: number, slot: number, tile: number, back: number, value: number): void {
    const { cells, cellsOf, cellKind, tilesBack, tileMs } = this
    for (let index = first; index < end; index++) {
      const cell = cellsOf[index]!
      if (back > tilesBack[cell]!) continue
      const kind = cellKind[cell]!
      if (kind === WINDOW) cells[cell]! += value
      else if (value <= 0) continue
      else if (kind === ACTIVE) cells[cell]!++
      // Tiles come newest first. Kept as time + 1, so that 0 is nothing seen.
      else if (cells[cell] === 0) cells[cell] = tile * tileMs[slot]! + 1
    }
  }

  /** What a total or an epoch's sum is to be multiplied by. */
  private decay(slot: number, epoch: number, back: number): number {
    const { newest } = this.cursor
    if (newest > this.asOf) {
      const epochEnd = (epoch + 1) * this.tileMs[slot]!
      return this.decayAt(slot, epoch, Math.max(this.asOf, Math.min(newest, epochEnd)))
    }
    if (back >= EPOCHS_KEPT) return this.decayAt(slot, epoch, this.asOf)
    const index = slot * EPOCHS_KEPT + back
    const known = this.decays[index]!
    return known >= 0 ? known : (this.decays[index] = this.decayAt(slot, epoch, this.asOf))
  }

  private decayAt(slot: number, epoch: number, at: number): number {
    const halfLifeMs = this.halfLifeMs[slot]!
    if (halfLifeMs === 0) return 1
    return exp2((epoch * this.tileMs[slot]! - at) / halfLifeMs) * this.scale[slot]!
  }

  private evaluate(formula: Formula): number {
    const { cells } = this
    if (formula.kind === 'cell') return notBelow0(cells[formula.cell]!)
    if (formula.kind === 'rate') {
      const successes = notBelow0(cells[formula.of]!) + formula.priorSuccesses
      return successes / (notBelow0(cells[formula.per]!) + formula.priorTrials)
    }
    for (const cell of formula.cells) if (cells[cell]! > 0) return this.asOf - (cells[cell]! - 1)
    return NEVER
  }
}

/**
 * More may have been taken back than is known to be given: an undo ahead of its reaction, or one of nobody known, of
 * which nothing tells whether it was ever given. The row keeps the sum as it is, so that what comes late cancels out.
 */
const notBelow0 = (sum: number): number => (sum > 0 ? sum : 0)

/** Whole tiles that a cell reaches back from the one that holds the time of reading. */
const tilesBack = (cell: Cell, tileMs: number): number => {
  if (cell.kind === 'total' || cell.kind === 'decayed') return 0x7fff_ffff
  const tiles = Math.ceil(cell.windowMs / tileMs)
  return cell.kind === 'active' ? tiles - 1 : tiles
}
