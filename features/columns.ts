import { EngineError } from '../engine/errors.ts'
import { DAY_MS, HOUR_MS } from '../schemas/ids.ts'
import type { Aggregate, LastSeenOptions, Rate } from './aggregates.ts'
import type { Duration } from './durations.ts'
import { type Slot, SlotCollector } from './slots.ts'
import { FIVE_MINUTES_AGE_MS, FIVE_MINUTES_MS, HOUR_AGE_MS, tileMsOf } from './tiles.ts'

/** Weights of a series are numbers of events, or of what is measured. Decides the fraction bits of decayed sums. */
export type Unit = 'events' | 'ms'

/** Time since something that never was. */
export const NEVER = -1

/** One float32 of a feature row. */
export interface Column {
  readonly name: string
  readonly unit: string
  readonly about: string
}

/** An intermediate result that the entries of one slot are added up to. */
export interface Cell {
  readonly slot: number
  readonly kind: 'total' | 'window' | 'decayed' | 'newest' | 'active'
  /** How far back it reaches; 0 where that has no meaning. */
  readonly windowMs: number
}

/** How a column comes from cells: as it is, since the first of several that saw something, or as a ratio. */
export type Formula =
  | { readonly kind: 'cell'; readonly cell: number }
  | { readonly kind: 'since'; readonly cells: readonly number[] }
  | {
      readonly kind: 'rate'
      readonly of: number
      readonly per: number
      readonly priorSuccesses: number
      readonly priorTrials: number
    }

/** Everything that follows from a view's series and aggregates. */
export interface Plan {
  readonly slots: readonly Slot[]
  readonly cells: readonly Cell[]
  readonly columns: readonly Column[]
  readonly formulas: readonly Formula[]
}

export interface SeriesInfo {
  readonly name: string
  readonly unit: Unit
}

/** Compiles aggregates to slots, cells and columns. Columns are in the order declared. */
export const planOf = (
  viewName: string,
  series: readonly SeriesInfo[],
  aggregates: readonly Aggregate<string>[],
  timeToLiveMs: number,
): Plan => {
  const planner = new Planner(viewName, series, timeToLiveMs)
  for (const aggregate of aggregates) planner.add(aggregate)
  return planner.plan()
}

interface DraftCell extends Omit<Cell, 'slot'> {
  readonly slotId: string
}

class Planner {
  private readonly prefix: string
  private readonly series: readonly SeriesInfo[]
  private readonly timeToLiveMs: number
  private readonly slots = new SlotCollector()
  private readonly cells = new Map<string, DraftCell>()
  private readonly columns: Column[] = []
  private readonly formulas: Formula[] = []

  constructor(viewName: string, series: readonly SeriesInfo[], timeToLiveMs: number) {
    this.prefix = viewName.replaceAll('-', '_')
    this.series = series
    this.timeToLiveMs = timeToLiveMs
  }

  add(aggregate: Aggregate<string>): void {
    if (aggregate.kind === 'rate') return this.rate(aggregate)
    for (const series of aggregate.series) {
      if (aggregate.kind === 'total') this.total(series, aggregate.within)
      else if (aggregate.kind === 'windows') for (const each of aggregate.windows) this.window(series, each)
      else if (aggregate.kind === 'decayed')
        for (const each of aggregate.halfLives) this.decayed(series, each)
      else if (aggregate.kind === 'lastSeen') this.lastSeen(series, aggregate)
      else this.daysActive(series, aggregate.window)
    }
  }

  plan(): Plan {
    const { slots, indexOf } = this.slots.sorted(this.series.map((each) => each.name))
    const cells = [...this.cells.values()].map(({ slotId, kind, windowMs }) => ({
      slot: indexOf(slotId),
      kind,
      windowMs,
    }))
    return { slots, cells, columns: this.columns, formulas: this.formulas }
  }

  private total(series: string, within: Duration | undefined): void {
    const cell = this.cell('total', this.slots.total(series, within?.ms), 0)
    const over =
      within === undefined ? 'all time' : `the last ${within.name} at least, in whole tiles of ${within.name}`
    this.column(`${series}.total`, this.unitOf(series), `Sum of ${series} over ${over}.`, {
      kind: 'cell',
      cell,
    })
  }

  private window(series: string, window: Duration): void {
    const about = `Sum of ${series} over the last ${window.name}, in whole tiles of ${tileName(window.ms)}.`
    const cell = this.windowCell(series, window)
    this.column(`${series}.window_${window.name}`, this.unitOf(series), about, { kind: 'cell', cell })
  }

  private decayed(series: string, halfLife: Duration): void {
    const about = `Sum of ${series}, each counting half after ${halfLife.name}.`
    const cell = this.decayedCell(series, halfLife)
    this.column(`${series}.decayed_${halfLife.name}`, this.unitOf(series), about, { kind: 'cell', cell })
  }

  private lastSeen(series: string, { finest = '5min', within }: LastSeenOptions): void {
    const withinMs = within?.ms ?? this.timeToLiveMs
    const resolutions = [
      { name: '5min', tileMs: FIVE_MINUTES_MS, ageMs: FIVE_MINUTES_AGE_MS },
      { name: '1h', tileMs: HOUR_MS, ageMs: HOUR_AGE_MS },
      { name: '1d', tileMs: DAY_MS, ageMs: Infinity },
    ]
    const kept = resolutions.slice(resolutions.findIndex((each) => each.name === finest))
    const cells = kept.map(({ tileMs, ageMs }) => {
      const slot = this.slots.tiles(series, tileMs, Math.min(ageMs, withinMs))
      return this.cell('newest', slot, withinMs)
    })
    const about = `Time since the last of ${series}, to ${finest} when recent; ${NEVER} for never.`
    this.column(`${series}.since_last_ms`, 'ms', about, { kind: 'since', cells })
  }

  private daysActive(series: string, window: Duration): void {
    const cell = this.cell('active', this.slots.tiles(series, DAY_MS, window.ms), window.ms)
    const about = `Days with any of ${series} among the last ${window.name}, today included.`
    this.column(`${series}.days_active_${window.name}`, 'days', about, { kind: 'cell', cell })
  }

  private rate(rate: Rate<string>): void {
    const { priorSuccesses, priorTrials } = rate
    const cellOf = (series: string): number =>
      rate.window === undefined
        ? this.decayedCell(series, rate.halfLife)
        : this.windowCell(series, rate.window)
    const over = rate.window ?? rate.halfLife
    const how = rate.window === undefined ? 'each counting half after' : 'over the last'
    const about = `${rate.of} per ${rate.per}, ${how} ${over.name}, with a prior of ${priorSuccesses} in ${priorTrials}.`
    const formula = {
      kind: 'rate',
      of: cellOf(rate.of),
      per: cellOf(rate.per),
      priorSuccesses,
      priorTrials,
    } as const
    this.column(`${rate.of}_per_${rate.per}.rate_${over.name}`, 'ratio', about, formula)
  }

  private windowCell(series: string, window: Duration): number {
    return this.cell('window', this.slots.tiles(series, tileMsOf(window.ms), window.ms), window.ms)
  }

  private decayedCell(series: string, halfLife: Duration): number {
    return this.cell('decayed', this.slots.epochs(series, halfLife.ms), 0)
  }

  private cell(kind: Cell['kind'], slotId: string, windowMs: number): number {
    const id = `${kind} ${slotId} ${windowMs}`
    if (!this.cells.has(id)) this.cells.set(id, { kind, slotId, windowMs })
    return [...this.cells.keys()].indexOf(id)
  }

  private column(suffix: string, unit: string, about: string, formula: Formula): void {
    const name = `${this.prefix}.${suffix}`
    if (this.columns.some((each) => each.name === name)) {
      throw new EngineError('TOPOLOGY_INVALID', `two columns are called ${name}: declare it once`)
    }
    this.columns.push({ name, unit, about })
    this.formulas.push(formula)
  }

  private unitOf(series: string): Unit {
    return this.series.find((each) => each.name === series)?.unit ?? 'events'
  }
}

const tileName = (windowMs: number): string => {
  const tileMs = tileMsOf(windowMs)
  if (tileMs === FIVE_MINUTES_MS) return '5 minutes'
  return tileMs === HOUR_MS ? 'an hour' : 'a day'
}
