import { createHash } from 'node:crypto'
import type { KeyWriter } from '../engine/key.ts'
import type { KeySpace, Topic } from '../engine/topic.ts'
import { type Column, planOf, type SeriesInfo } from './columns.ts'
import type { Contributions } from './contributions.ts'
import { EventCounter, FRACTION_BITS } from './counter.ts'
import { checkDeclaration, type ErasedBy, type EventSource, type ViewDeclaration } from './declaration.ts'
import { RowMerger } from './merge.ts'
import { RowReader } from './reader.ts'
import { RowCursor } from './row.ts'
import { RowEnds } from './row-ends.ts'
import { type Slot, SlotTable } from './slots.ts'

/** What may be done with a view's rows by those who know nothing of its events: stores, serving, training. */
export interface ViewRows {
  readonly name: string
  readonly version: number
  readonly about: string
  readonly keySpace: KeySpace
  /** What rows hold entries for. */
  readonly slots: readonly Slot[]
  /** The columns that `read` writes, in order. */
  readonly columns: readonly Column[]
  /** Names the columns and their order: rows logged under another hash do not line up. */
  readonly columnsHash: string
  /** A row is of no more use this long after its newest event. */
  readonly timeToLiveMs: number
  /** Adds up rows; see `RowMerger`. Shared and synchronous. */
  readonly rows: RowMerger
  /** When a row is as good as none; undefined where that never is. */
  readonly ends: RowEnds | undefined
  /**
   * Writes every column at `row[offset..]` as of a time, making no objects. The range is a row without the
   * engine's version byte; an empty one reads as a key never seen: zeros, −1 for since-last, priors for rates.
   */
  read(buffer: Buffer, start: number, end: number, asOf: number, row: Float32Array, offset: number): void
  /** The columns by name, for people; makes objects. */
  describe(row: Buffer, asOf: number): Record<string, number>
  /** Newest event time of a row; −1 for an empty one. */
  newest(buffer: Buffer, start: number, end: number): number
}

/** A declared view: its rows, and how events of `In` come to be counted in them. */
export interface View<In> extends ViewRows {
  readonly source: Topic<In> | EventSource<In>
  /** Where events that take back come from, if not from the source. */
  readonly undone: Topic<In> | undefined
  /** What erases its rows, if anything does. */
  readonly erasedBy: ErasedBy | undefined
  /** Whether the event takes back. */
  takesBack(event: In): boolean
  /** Writes the key of the event's row; false when the view does not count it. */
  key(event: In, key: KeyWriter): boolean
  /** Replaces `into` by what the event adds; false when that is nothing. */
  count(event: In, into: Contributions): boolean
}

/** Declares a view. Throws `TOPOLOGY_INVALID` where the declaration cannot work. */
export const view = <In, const Tag extends string, const Series extends string>(
  declared: ViewDeclaration<In, Tag, Series>,
): View<In> => {
  const widened = declared as unknown as ViewDeclaration<In, string, string>
  checkDeclaration(widened as ViewDeclaration<never, string, string>)
  return new DeclaredView(widened)
}

class DeclaredView<In> implements View<In> {
  readonly name: string
  readonly version: number
  readonly about: string
  readonly keySpace: KeySpace
  readonly source: Topic<In> | EventSource<In>
  readonly undone: Topic<In> | undefined
  readonly erasedBy: ErasedBy | undefined
  readonly slots: readonly Slot[]
  readonly columns: readonly Column[]
  readonly columnsHash: string
  readonly timeToLiveMs: number
  readonly rows: RowMerger
  readonly ends: RowEnds | undefined
  private readonly declared: ViewDeclaration<In, string, string>
  private readonly counter: EventCounter<In>
  private readonly reader: RowReader
  private readonly cursor: RowCursor

  constructor(declared: ViewDeclaration<In, string, string>) {
    this.declared = declared
    this.name = declared.name
    this.version = declared.version
    this.about = declared.about
    this.keySpace = declared.keySpace
    this.source = declared.source
    this.undone = declared.undone
    this.erasedBy = declared.erasedBy
    this.timeToLiveMs = declared.timeToLive.ms
    const series = Object.entries(declared.series).map(([name, { unit = 'events' }]): SeriesInfo => ({
      name,
      unit,
    }))
    const plan = planOf(declared.name, series, declared.aggregates, this.timeToLiveMs)
    this.slots = plan.slots
    this.columns = plan.columns
    this.columnsHash = hashOf(plan.columns)
    const table = new SlotTable(declared.name, plan.slots)
    const units = new Map(series.map(({ name, unit }) => [name, unit]))
    const scale = Float64Array.from(plan.slots, (slot) => 2 ** -FRACTION_BITS[units.get(slot.series)!])
    this.rows = new RowMerger(table)
    this.ends = RowEnds.of(table, this.timeToLiveMs)
    this.counter = new EventCounter(declared, table)
    this.reader = new RowReader(table, plan, scale, this.timeToLiveMs)
    this.cursor = new RowCursor(table)
  }

  key(event: In, key: KeyWriter): boolean {
    return this.counter.counts(event) && this.declared.key(event, key)
  }

  takesBack(event: In): boolean {
    return this.declared.sign?.(event) === -1
  }

  count(event: In, into: Contributions): boolean {
    return this.counter.count(event, into)
  }

  read(buffer: Buffer, start: number, end: number, asOf: number, row: Float32Array, offset: number): void {
    this.reader.read(buffer, start, end, asOf, row, offset)
  }

  describe(row: Buffer, asOf: number): Record<string, number> {
    const values = new Float32Array(this.columns.length)
    this.read(row, 0, row.length, asOf, values, 0)
    return Object.fromEntries(this.columns.map(({ name }, index) => [name, values[index]!]))
  }

  newest(buffer: Buffer, start: number, end: number): number {
    this.cursor.over(buffer, start, end)
    return this.cursor.newest
  }
}

const hashOf = (columns: readonly Column[]): string =>
  createHash('sha256')
    .update(columns.map(({ name }) => name).join('\n'))
    .digest('hex')
    .slice(0, 16)
