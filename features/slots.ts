import { EPOCH_HALF_LIVES, EPOCH_HORIZON_HALF_LIVES } from './tiles.ts'

/**
 * What a row has entries for. A slot is one series at one resolution:
 * - `total`: one tile that never ends, or tiles as long as the total reaches back;
 * - `tiles`: counts on tiles of 5 minutes, an hour or a day, shared by all aggregates that need them;
 * - `epochs`: decayed sums of one half-life, a tile an epoch.
 */
export interface Slot {
  readonly series: string
  readonly kind: 'total' | 'tiles' | 'epochs'
  readonly tileMs: number
  /** Tiles that ended this long before the row's newest event are dropped; a whole number of tiles. */
  readonly horizonMs: number
  /** Of `epochs` only, otherwise 0. */
  readonly halfLifeMs: number
}

/** Longer than time itself, so that every event lies in tile 0, and that tile never ends. */
export const FOREVER_MS = Number.MAX_SAFE_INTEGER

const KINDS = ['total', 'tiles', 'epochs'] as const

/** Collects the slots that aggregates ask for; equal ones become one, with the longest horizon asked for. */
export class SlotCollector {
  private readonly slots = new Map<string, Slot>()

  /** Over all time without `withinMs`. In a row both look the same as long as only one tile has a sum. */
  total(series: string, withinMs: number | undefined): string {
    const tileMs = withinMs ?? FOREVER_MS
    return this.need({ series, kind: 'total', tileMs, horizonMs: withinMs ?? 0, halfLifeMs: 0 })
  }

  tiles(series: string, tileMs: number, horizonMs: number): string {
    const wholeTilesMs = Math.ceil(horizonMs / tileMs) * tileMs
    return this.need({ series, kind: 'tiles', tileMs, horizonMs: wholeTilesMs, halfLifeMs: 0 })
  }

  epochs(series: string, halfLifeMs: number): string {
    return this.need({
      series,
      kind: 'epochs',
      tileMs: EPOCH_HALF_LIVES * halfLifeMs,
      horizonMs: EPOCH_HORIZON_HALF_LIVES * halfLifeMs,
      halfLifeMs,
    })
  }

  /** In an order that follows from the declaration alone: by series, then kind, then resolution. */
  sorted(seriesNames: readonly string[]): { slots: Slot[]; indexOf: (id: string) => number } {
    const entries = [...this.slots].sort(
      ([, one], [, other]) =>
        seriesNames.indexOf(one.series) - seriesNames.indexOf(other.series) ||
        KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind) ||
        one.tileMs - other.tileMs,
    )
    const indexes = new Map(entries.map(([id], index) => [id, index]))
    return { slots: entries.map(([, slot]) => slot), indexOf: (id) => indexes.get(id)! }
  }

  private need(slot: Slot): string {
    const id = `${slot.series} ${slot.kind} ${slot.tileMs}`
    const known = this.slots.get(id)
    if (known === undefined || known.horizonMs < slot.horizonMs) this.slots.set(id, slot)
    return id
  }
}

/** The slots of a view in the form that hot loops want: parallel arrays, with what is equal computed once. */
export class SlotTable {
  readonly name: string
  readonly slots: readonly Slot[]
  readonly count: number
  /** Slots with the same tiles and horizon share a grid. */
  readonly gridOf: Int32Array
  readonly gridTileMs: Float64Array
  readonly gridHorizonTiles: Int32Array

  constructor(name: string, slots: readonly Slot[]) {
    this.name = name
    this.slots = slots
    this.count = slots.length
    const idOf = (slot: Slot): string => `${slot.tileMs} ${slot.horizonMs}`
    const grids = new Map(slots.map((slot) => [idOf(slot), slot]))
    const ids = [...grids.keys()]
    this.gridOf = Int32Array.from(slots, (slot) => ids.indexOf(idOf(slot)))
    this.gridTileMs = Float64Array.from(grids.values(), (slot) => slot.tileMs)
    this.gridHorizonTiles = Int32Array.from(grids.values(), (slot) => slot.horizonMs / slot.tileMs)
  }
}

/** Tile numbers of every grid at one time, kept while that time stays within the same tiles. */
export class TileClock {
  /** By grid: the tile that holds the time. */
  readonly tile: Int32Array
  /** By grid: the oldest tile still kept when this is a row's newest time. */
  readonly oldest: Int32Array
  private readonly tileMs: Float64Array
  private readonly horizonTiles: Int32Array
  private from = 0
  private until = 0

  constructor(table: SlotTable) {
    this.tileMs = table.gridTileMs
    this.horizonTiles = table.gridHorizonTiles
    this.tile = new Int32Array(this.tileMs.length)
    this.oldest = new Int32Array(this.tileMs.length)
  }

  set(time: number): void {
    if (time >= this.from && time < this.until) return
    let from = 0
    let until = Infinity
    for (let grid = 0; grid < this.tile.length; grid++) {
      const tileMs = this.tileMs[grid]!
      // Below 2^31 and not negative (see tiles.ts), so cutting off is rounding down.
      const tile = (time / tileMs) | 0
      this.tile[grid] = tile
      this.oldest[grid] = tile - this.horizonTiles[grid]!
      const start = tile * tileMs
      if (start > from) from = start
      if (start + tileMs < until) until = start + tileMs
    }
    this.from = from
    this.until = until
  }
}
