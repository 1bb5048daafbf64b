import { EngineError } from '../engine/errors.ts'
import type { Unit } from './columns.ts'
import type { Contributions } from './contributions.ts'
import type { SeriesDeclaration, ViewDeclaration } from './declaration.ts'
import { exp2 } from './exp2.ts'
import { type SlotTable, TileClock } from './slots.ts'
import { EPOCH_HALF_LIVES, EVENT_TIME_MAX_MS } from './tiles.ts'

/** Largest weight of one event. In ms that is three days. */
export const WEIGHT_MAX = 2 ** 28

/**
 * Binary digits that decayed sums keep after the point, by the unit of their weights: a weight of 1 event is
 * off by 2^-17 of itself at most, and a weight in ms by an eighth of a ms. Together with the 8 bits that
 * weights grow by in an epoch this leaves room for 5e8 events, or 8e12 ms, an epoch.
 */
export const FRACTION_BITS: Readonly<Record<Unit, number>> = { events: 16, ms: 2 }

/** What events of one tag add to: slots in order, run by run of the same series. */
interface TagPlan<In> {
  readonly slots: Int32Array
  /** Where each series' slots end. */
  readonly runEnds: Int32Array
  readonly weights: readonly (((event: In) => number) | undefined)[]
  readonly seriesNames: readonly string[]
  /** Grids of the epochs among them. */
  readonly epochGrids: Int32Array
}

/** Turns events into what they add to a row. */
export class EventCounter<In> {
  private readonly viewName: string
  private readonly table: SlotTable
  private readonly clock: TileClock
  /** By slot: 2^f for epochs with f the fraction bits, 0 for plain sums. */
  private readonly epochScale: Float64Array
  /** By grid: how much a weight of 1 counts at the event's time, relative to the landmark. */
  private readonly growth: Float64Array
  private readonly plans = new Map<string, TagPlan<In>>()
  private readonly otherwise: TagPlan<In> | undefined
  private readonly tagOf: ((event: In) => string) | undefined
  private readonly timeOf: (event: In) => number
  private readonly signOf: ((event: In) => 1 | -1) | undefined

  constructor(declared: ViewDeclaration<In, string, string>, table: SlotTable) {
    this.viewName = declared.name
    this.table = table
    this.clock = new TileClock(table)
    this.growth = new Float64Array(table.gridTileMs.length)
    this.epochScale = Float64Array.from(table.slots, ({ series, kind }) =>
      kind === 'epochs' ? 2 ** FRACTION_BITS[declared.series[series]!.unit ?? 'events'] : 0,
    )
    const series = Object.entries(declared.series)
    const tags = new Set(series.flatMap(([, { of }]) => of ?? []))
    for (const tag of tags) {
      const plan = this.planOf(series.filter(([, { of }]) => of?.includes(tag) ?? true))
      if (plan !== undefined) this.plans.set(tag, plan)
    }
    this.otherwise = this.planOf(series.filter(([, { of }]) => of === undefined))
    this.tagOf = declared.by && ((event) => declared.by!(event))
    this.timeOf = declared.at ? (event) => declared.at!(event) : (event) => declared.source.time(event)
    this.signOf = declared.sign && ((event) => declared.sign!(event))
  }

  /** Whether any series has a place for the event. */
  counts(event: In): boolean {
    return this.planFor(event) !== undefined
  }

  /**
   * Replaces `into` by what the event adds; answers false when that is nothing. Throws `CONTRACT_BROKEN` for
   * a time or weight out of range.
   */
  count(event: In, into: Contributions): boolean {
    into.reset()
    const plan = this.planFor(event)
    if (plan === undefined) return false
    const at = this.timeOf(event)
    if (!(Number.isInteger(at) && at >= 0 && at <= EVENT_TIME_MAX_MS)) throw this.badTime(at)
    this.setTime(at, plan)
    const sign = this.signOf === undefined ? 1 : this.signOf(event)
    const { slots, runEnds, weights } = plan
    for (let run = 0, index = 0; run < runEnds.length; run++) {
      const end = runEnds[run]!
      const weightOf = weights[run]
      const weight = weightOf === undefined ? 1 : Math.round(weightOf(event))
      if (weight === 0) index = end
      else if (!(Math.abs(weight) <= WEIGHT_MAX)) throw this.badWeight(plan.seriesNames[run]!, weight)
      for (; index < end; index++) this.push(into, slots[index]!, weight, sign)
    }
    if (into.count > 0) into.newest = at
    return into.count > 0
  }

  private push(into: Contributions, slot: number, weight: number, sign: 1 | -1): void {
    const grid = this.table.gridOf[slot]!
    const scale = this.epochScale[slot]!
    // Weight before sign: an undo subtracts the very integer that was added.
    const value = scale === 0 ? weight : Math.round(weight * this.growth[grid]! * scale)
    into.push(slot, this.clock.tile[grid]!, sign * value)
  }

  private setTime(at: number, plan: TagPlan<In>): void {
    const { clock, growth, table } = this
    clock.set(at)
    for (let index = 0; index < plan.epochGrids.length; index++) {
      const grid = plan.epochGrids[index]!
      const tileMs = table.gridTileMs[grid]!
      growth[grid] = exp2(((at - clock.tile[grid]! * tileMs) * EPOCH_HALF_LIVES) / tileMs)
    }
  }

  private planFor(event: In): TagPlan<In> | undefined {
    if (this.tagOf === undefined) return this.otherwise
    return this.plans.get(this.tagOf(event)) ?? this.otherwise
  }

  private planOf(
    series: readonly (readonly [string, SeriesDeclaration<In, string>])[],
  ): TagPlan<In> | undefined {
    const slots: number[] = []
    const runEnds: number[] = []
    for (const [name] of series) {
      this.table.slots.forEach((slot, index) => slot.series === name && slots.push(index))
      runEnds.push(slots.length)
    }
    if (slots.length === 0) return undefined
    const epochs = slots.filter((slot) => this.table.slots[slot]!.kind === 'epochs')
    return {
      slots: Int32Array.from(slots),
      runEnds: Int32Array.from(runEnds),
      weights: series.map(([, each]) => each.weight && ((event: In) => each.weight!(event))),
      seriesNames: series.map(([name]) => name),
      epochGrids: Int32Array.from(new Set(epochs.map((slot) => this.table.gridOf[slot]!))),
    }
  }

  private badTime(at: number): EngineError {
    const detail = `view "${this.viewName}": an event time must be integer milliseconds from 0 to ${EVENT_TIME_MAX_MS}, not ${at}`
    return new EngineError('CONTRACT_BROKEN', detail)
  }

  private badWeight(series: string, weight: number): EngineError {
    const detail = `view "${this.viewName}": a weight of series "${series}" must be within ±${WEIGHT_MAX}, not ${weight}`
    return new EngineError('CONTRACT_BROKEN', detail)
  }
}
