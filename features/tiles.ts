import { DAY_MS, HOUR_MS, MINUTE_MS } from '../schemas/ids.ts'

/**
 * Time is cut into tiles that lie on fixed borders (multiples of the tile's length since the Unix epoch), so
 * that every order of events, every split and every machine adds to the same tiles.
 */
export const FIVE_MINUTES_MS = 5 * MINUTE_MS

/** Latest event time that rows can hold: the year 2248. Together with the tile lengths it keeps tile numbers in 31 bits. */
export const EVENT_TIME_MAX_MS = 2 ** 43 - 1

/** Ages below which a resolution is kept: 5 minutes below 12 hours, an hour below 12 days, a day beyond. */
export const FIVE_MINUTES_AGE_MS = 12 * HOUR_MS
export const HOUR_AGE_MS = 12 * DAY_MS

/** Tile length of a window: its tail is exact to one of these. */
export const tileMsOf = (windowMs: number): number => {
  if (windowMs < FIVE_MINUTES_AGE_MS) return FIVE_MINUTES_MS
  return windowMs < HOUR_AGE_MS ? HOUR_MS : DAY_MS
}

/**
 * A decayed sum starts a new landmark every 8 half-lives: a weight grows by 2^8 at most between its landmark
 * and the next, which leaves 53-bit sums room for fraction bits.
 */
export const EPOCH_HALF_LIVES = 8

/** An epoch is forgotten when its end is this many half-lives old: then its events count below 2^-16 of their weight. */
export const EPOCH_HORIZON_HALF_LIVES = 16

/** Shorter half-lives would need epochs below eight minutes, and tile numbers above 31 bits. */
export const HALF_LIFE_MIN_MS = MINUTE_MS
