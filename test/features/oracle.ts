import fc from 'fast-check'
import { ByteWriter } from '../../engine/bytes.ts'
import { Contributions } from '../../features/contributions.ts'
import type { View, ViewRows } from '../../features/view.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/ids.ts'
import { type Touch, touch } from './sample.ts'

/** Brute force over lists of events: what rows and columns must be, by their definitions and nothing else. */
export const NOW = 1_700_000_123_456

const ages = fc.oneof(
  fc.integer({ min: 0, max: 20 * MINUTE_MS }),
  fc.integer({ min: 0, max: 14 * HOUR_MS }),
  fc.integer({ min: 0, max: 14 * DAY_MS }),
  fc.integer({ min: 0, max: 700 * DAY_MS }),
)

const touchAt = fc.record({
  kind: fc.constantFrom('like', 'comment', 'view', 'dwell', 'profile'),
  undo: fc.boolean(),
  ms: fc.oneof(fc.integer({ min: 0, max: 90_000 }), fc.constant(0)),
  at: ages.map((age) => NOW - age),
})

/** Touches of one user and author; about half are undos, with or without what they undo. */
export const touchLists = fc
  .array(touchAt, { maxLength: 40 })
  .chain((list) => fc.shuffledSubarray(list).map((undone) => [list, undone] as const))
  .map(([list, undone]) =>
    [...list, ...undone.map((each) => ({ ...each, undo: !each.undo }))].map((each) => touch(each as Touch)),
  )

export const newestOf = (events: readonly Touch[]): number => Math.max(-1, ...events.map(({ at }) => at))

/** A touch that adds nothing to the sample view. */
export const addsNothing = ({ kind, ms }: Touch): boolean =>
  kind === 'profile' || (kind === 'dwell' && ms === 0)

export interface Counted {
  readonly at: number
  readonly weight: number
}

const SERIES: Record<string, (event: Touch) => number> = {
  likes: ({ kind }) => (kind === 'like' ? 1 : 0),
  engagements: ({ kind }) => (kind === 'like' || kind === 'comment' ? 1 : 0),
  views: ({ kind }) => (kind === 'view' ? 1 : 0),
  dwell: ({ kind, ms }) => (kind === 'dwell' ? ms : 0),
}

export const countedOf = (events: readonly Touch[], series: string): Counted[] =>
  events
    .map((event) => ({ at: event.at, weight: SERIES[series]!(event) * (event.undo ? -1 : 1) }))
    .filter(({ weight }) => weight !== 0)

/** Sums by tile. */
export const tilesOf = (counted: readonly Counted[], tileMs: number): Map<number, number> => {
  const sums = new Map<number, number>()
  for (const { at, weight } of counted) {
    const tile = Math.floor(at / tileMs)
    sums.set(tile, (sums.get(tile) ?? 0) + weight)
  }
  return sums
}

export const resolutionMs = (windowMs: number): number =>
  windowMs < 12 * HOUR_MS ? 5 * MINUTE_MS : windowMs < 12 * DAY_MS ? HOUR_MS : DAY_MS

/** Sum of the tiles from that of T - W to that of T. */
export const windowOf = (counted: readonly Counted[], windowMs: number, asOf: number): number => {
  const tileMs = resolutionMs(windowMs)
  let sum = 0
  for (const { at, weight } of counted) {
    const tile = Math.floor(at / tileMs)
    if (tile >= Math.floor((asOf - windowMs) / tileMs) && tile <= Math.floor(asOf / tileMs)) sum += weight
  }
  return sum
}

/**
 * A decayed sum as floats have it, over the events whose epochs are kept and have begun, and how far off a
 * row may be. Before the newest event, an epoch counts as of that event or of its own end.
 */
export const decayedOf = (
  counted: readonly Counted[],
  halfLifeMs: number,
  fractionBits: number,
  newest: number,
  asOf: number,
): { sum: number; errorMax: number } => {
  const epochMs = 8 * halfLifeMs
  let sum = 0
  let errorMax = 0
  for (const { at, weight } of counted) {
    const landmark = Math.floor(at / epochMs) * epochMs
    const epochEnd = landmark + epochMs
    if (epochEnd + 16 * halfLifeMs <= newest || landmark > asOf) continue
    const readAt = Math.max(asOf, Math.min(newest, epochEnd))
    sum += weight * Math.pow(2, -(readAt - at) / halfLifeMs)
    errorMax += Math.pow(2, -(fractionBits + 1) - (readAt - landmark) / halfLifeMs)
  }
  return { sum, errorMax }
}

/**
 * Time since the newest tile with a positive sum, from the finest resolution that has one, if that tile is
 * not wholly longer ago than `withinMs`.
 */
export const sinceLastOf = (
  counted: readonly Counted[],
  { finestMs, withinMs }: { finestMs: number; withinMs: number },
  newest: number,
  asOf: number,
): number => {
  const resolutions = [
    { tileMs: 5 * MINUTE_MS, ageMs: 12 * HOUR_MS },
    { tileMs: HOUR_MS, ageMs: 12 * DAY_MS },
    { tileMs: DAY_MS, ageMs: withinMs },
  ]
  for (const { tileMs, ageMs } of resolutions) {
    if (tileMs < finestMs) continue
    const seen = [...tilesOf(counted, tileMs)]
      .filter(([tile, sum]) => sum > 0 && (tile + 1) * tileMs + ageMs > newest && tile * tileMs <= asOf)
      .filter(([tile]) => tile >= Math.floor((asOf - withinMs) / tileMs))
      .map(([tile]) => tile * tileMs)
    if (seen.length > 0) return asOf - Math.max(...seen)
  }
  return -1
}

export const daysActiveOf = (counted: readonly Counted[], days: number, asOf: number): number => {
  const today = Math.floor(asOf / DAY_MS)
  return [...tilesOf(counted, DAY_MS)].filter(([day, sum]) => sum > 0 && day > today - days && day <= today)
    .length
}

const EMPTY = Buffer.alloc(0)

/** The row of some events, counted one after the other. */
export const rowOf = <In>(view: View<In>, events: readonly In[], row: Buffer = EMPTY): Buffer => {
  const added = new Contributions()
  const writer = new ByteWriter(16)
  let sum = row
  for (const event of events) {
    if (!view.count(event, added)) continue
    writer.reset()
    view.rows.add(sum, 0, sum.length, added, writer)
    sum = writer.copy()
  }
  return sum
}

export const mergeOf = ({ rows }: ViewRows, one: Buffer, other: Buffer): Buffer => {
  const writer = new ByteWriter(16)
  rows.merge(one, 0, one.length, other, 0, other.length, writer)
  return writer.copy()
}

export const takeAwayOf = ({ rows }: ViewRows, whole: Buffer, part: Buffer): Buffer => {
  const writer = new ByteWriter(16)
  rows.takeAway(whole, 0, whole.length, part, 0, part.length, writer)
  return writer.copy()
}
