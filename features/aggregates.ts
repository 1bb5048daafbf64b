import type { Duration } from './durations.ts'

/**
 * What a view keeps of its series. All of it is integer sums on fixed tiles (see row.ts), so adding, merging
 * and taking away are exact in any order. T is the time a row is read as of.
 */
export type Aggregate<Series extends string> =
  | ({ readonly kind: 'total'; readonly series: readonly Series[] } & TotalOptions)
  | { readonly kind: 'windows'; readonly series: readonly Series[]; readonly windows: readonly Duration[] }
  | { readonly kind: 'decayed'; readonly series: readonly Series[]; readonly halfLives: readonly Duration[] }
  | ({ readonly kind: 'lastSeen'; readonly series: readonly Series[] } & LastSeenOptions)
  | { readonly kind: 'daysActive'; readonly series: readonly Series[]; readonly window: Duration }
  | ({ readonly kind: 'rate' } & Rate<Series>)

export interface TotalOptions {
  /**
   * What is longer ago counts no more; over all time where absent. Rows of a view with a total over all time never end:
   * nothing but such a total still counts for a key that comes back after years.
   */
  readonly within?: Duration
}

export interface LastSeenOptions {
  /** The finest tiles it is kept on, `5min` where absent. Coarser is smaller: a busy key has up to 144 tiles of 5 minutes. */
  readonly finest?: '5min' | '1h' | '1d'
  /** What is longer ago counts as never; the view's time to live where absent. A busy key has a tile for each day of it. */
  readonly within?: Duration
}

export interface RateOptions<Series extends string> {
  /** What succeeds, among … */
  readonly of: Series
  /** … what is tried. */
  readonly per: Series
  /** Successes and trials that every key is taken to have had, so that few events say little. Trials above 0. */
  readonly priorSuccesses: number
  readonly priorTrials: number
}

/** Over decayed sums or over a window. */
export type Rate<Series extends string> = RateOptions<Series> &
  (
    | { readonly halfLife: Duration; readonly window?: never }
    | { readonly window: Duration; readonly halfLife?: never }
  )

/**
 * The sum over all time; or, `within` a time W, over whole tiles of W, from the one before the tile of the row's newest
 * event on: never less than the last W, and at most the last 2 W.
 */
export const total = <const Series extends string>(
  series: readonly Series[],
  options: TotalOptions = {},
): Aggregate<Series> => ({ kind: 'total', series, ...options })

/**
 * Sums over the last hours or days. A window W on tiles of length D (5 minutes below 12 h, an hour below
 * 12 d, a day beyond) covers the whole tiles from the one that holds T − W to the one that holds T: never
 * less than W, and less than D more. W must be a whole number of tiles.
 */
export const windows = <const Series extends string>(
  series: readonly Series[],
  over: readonly Duration[],
): Aggregate<Series> => ({ kind: 'windows', series, windows: over })

/**
 * Sums in which an event counts half after each half-life H: `Σ w · 2^(−(T − t)/H)`, kept relative to
 * landmarks L on a grid of 8 H as `Σ round(w · 2^((t − L)/H) · 2^f)` with f fraction bits (forward decay:
 * Cormode, Shkapenyuk, Srivastava, Xu, 2009). An event counts within `2^−(f+1) · 2^−(T − L)/H` of that, and
 * not at all once its landmark's epoch ended 16 H before the row's newest event (it would count below
 * w · 2^−16). As of a T before the newest event, epochs that begin after T do not count, and events of T's
 * own epoch count as of the newest of them, so that none ever counts more than its weight.
 */
export const decayed = <const Series extends string>(
  series: readonly Series[],
  halfLives: readonly Duration[],
): Aggregate<Series> => ({ kind: 'decayed', series, halfLives })

/**
 * Milliseconds since the start of the newest tile with a positive sum, −1 for never; tiles are 5 minutes
 * (kept for 12 h), an hour (12 d) and a day, and the finest that has one answers. All tiles are kept, so that
 * what is taken back uncovers what was before.
 */
export const lastSeen = <const Series extends string>(
  series: readonly Series[],
  options: LastSeenOptions = {},
): Aggregate<Series> => ({ kind: 'lastSeen', series, ...options })

/** Days (UTC) with a positive sum among the last ones, the day of T included. */
export const daysActive = <const Series extends string>(
  series: readonly Series[],
  window: Duration,
): Aggregate<Series> => ({ kind: 'daysActive', series, window })

/**
 * `(successes + priorSuccesses) / (trials + priorTrials)`, sums below 0 taken as 0: never NaN. Above 1 where
 * successes are no subset of the trials.
 */
export const rate = <const Series extends string>(options: Rate<Series>): Aggregate<Series> => ({
  kind: 'rate',
  ...options,
})
