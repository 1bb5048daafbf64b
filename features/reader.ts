import type { Cell, Formula, Plan } from './columns.ts'
import { NEVER } from './columns.ts'
import { exp2 } from './exp2.ts'
import { RowCursor } from './row.ts'
import { type SlotTable, TileClock } from './slots.ts'

const TOTAL = 0
const WINDOW = 1
const DECAYED = 2
const NEWEST = 3
const ACTIVE = 4
const CELL_KINDS: Record<Cell['kind'], number> = {
  total: TOTAL,
  window: WINDOW,
  decayed: DECAYED,
  newest: NEWEST,
  active: ACTIVE,
}

/** Reads rows into float32 columns, as of a time, without making objects. */
export class RowReader {
  private readonly table: SlotTable
  private readonly cursor: RowCursor
  private readonly clock: TileClock
  private readonly timeToLiveMs: number
  private readonly formulas: readonly Formula[]
  /** Cells by slot: those of slot s are `cellsOf[firstCell[s] .. firstCell[s + 1])`. */
  private readonly firstCell: Int32Array
  private readonly cellsOf: Int32Array
  private readonly cellKind: Uint8Array
  /** By cell: tiles back from the one that holds the time of reading, that still count. */
  private readonly tilesBack: Float64Array
  private readonly cells: Float64Array
  private readonly halfLifeMs: Float64Array
  private readonly tileMs: Float64Array
  private readonly scale: Float64Array

  /** `scale` is, by slot, what sums are to be multiplied by: 2^-f with f the fraction bits. */
  constructor(table: SlotTable, plan: Plan, scale: Float64Array, timeToLiveMs: number) {
    this.table = table
    this.cursor = new RowCursor(table)
    this.clock = new TileClock(table)
    this.timeToLiveMs = timeToLiveMs
    this.formulas = plan.formulas
    this.scale = scale
    const bySlot = table.slots.map((_, slot) =>
      plan.cells.flatMap((cell, index) => (cell.slot === slot ? [index] : [])),
    )
    this.cellsOf = Int32Array.from(bySlot.flat())
    this.firstCell = new Int32Array(table.count + 1)
    bySlot.forEach((cells, slot) => (this.firstCell[slot + 1] = this.firstCell[slot]! + cells.length))
    this.cellKind = Uint8Array.from(plan.cells, (cell) => CELL_KINDS[cell.kind])
    this.tilesBack = Float64Array.from(plan.cells, (cell) => tilesBack(cell, table.slots[cell.slot]!.tileMs))
    this.cells = new Float64Array(plan.cells.length)
    this.halfLifeMs = Float64Array.from(table.slots, (slot) => slot.halfLifeMs)
    this.tileMs = Float64Array.from(table.slots, (slot) => slot.tileMs)
  }

  /**
   * Writes every column at `row[offset..]`. An empty range, and a row whose newest event is longer ago than
   * the view's time to live, read as a key never seen. Throws `STATE_CORRUPT` for bytes that are no row.
   */
  read(buffer: Buffer, start: number, end: number, asOf: number, row: Float32Array, offset: number): void {
    if (!(asOf >= 0)) throw new RangeError(`features are read as of a time in milliseconds, not ${asOf}`)
    const { cursor, cells } = this
    cells.fill(0)
    cursor.over(buffer, start, end)
    if (asOf <= cursor.newest + this.timeToLiveMs) {
      this.clock.set(asOf)
      while (cursor.next()) this.addEntry(asOf)
    }
    const { formulas } = this
    for (let column = 0; column < formulas.length; column++) {
      row[offset + column] = this.evaluate(formulas[column]!, asOf)
    }
  }

  private addEntry(asOf: number): void {
    const { slot, tile } = this.cursor
    const value = this.cursor.value()
    const tileNow = this.clock.tile[this.table.gridOf[slot]!]!
    if (tile > tileNow) return
    const end = this.firstCell[slot + 1]!
    for (let index = this.firstCell[slot]!; index < end; index++) {
      const cell = this.cellsOf[index]!
      if (tile < tileNow - this.tilesBack[cell]!) continue
      const kind = this.cellKind[cell]!
      if (kind === DECAYED) this.cells[cell]! += value * this.decay(slot, tile, asOf)
      else if (kind === WINDOW || kind === TOTAL) this.cells[cell]! += value
      else if (value > 0) this.see(cell, kind, tile * this.tileMs[slot]!)
    }
  }

  /** Tiles come newest first, so the first one seen is the newest. Kept as time + 1: 0 is nothing seen. */
  private see(cell: number, kind: number, tileStart: number): void {
    if (kind === ACTIVE) this.cells[cell]!++
    else if (this.cells[cell] === 0) this.cells[cell] = tileStart + 1
  }

  /** How much an epoch's sum counts, fraction bits included. */
  private decay(slot: number, epoch: number, asOf: number): number {
    const tileMs = this.tileMs[slot]!
    const landmark = epoch * tileMs
    const newest = Math.min(this.cursor.newest, landmark + tileMs)
    const age = (asOf > newest ? asOf : newest) - landmark
    return exp2(-age / this.halfLifeMs[slot]!) * this.scale[slot]!
  }

  private evaluate(formula: Formula, asOf: number): number {
    const { cells } = this
    if (formula.kind === 'cell') return cells[formula.cell]!
    if (formula.kind === 'rate') {
      const successes = Math.max(0, cells[formula.of]!) + formula.priorSuccesses
      return successes / (Math.max(0, cells[formula.per]!) + formula.priorTrials)
    }
    for (const cell of formula.cells) if (cells[cell]! > 0) return asOf - (cells[cell]! - 1)
    return NEVER
  }
}

const tilesBack = (cell: Cell, tileMs: number): number => {
  if (cell.kind === 'window') return cell.windowMs / tileMs
  return cell.kind === 'active' ? cell.windowMs / tileMs - 1 : Infinity
}
