/** Where people live: what they speak, and how far their clock is from UTC (winter time all year round). */
export interface Place {
  readonly country: string
  readonly language: string
  readonly utcOffsetHours: number
  /** How many live there, relative to the other places. */
  readonly share: number
}

export const PLACES: readonly Place[] = [
  { country: 'GB', language: 'en', utcOffsetHours: 0, share: 3 },
  { country: 'US', language: 'en', utcOffsetHours: -5, share: 4 },
  { country: 'IN', language: 'en', utcOffsetHours: 5.5, share: 2 },
  { country: 'DE', language: 'de', utcOffsetHours: 1, share: 2 },
  { country: 'FR', language: 'fr', utcOffsetHours: 1, share: 2 },
  { country: 'ES', language: 'es', utcOffsetHours: 1, share: 2 },
  { country: 'BR', language: 'pt-br', utcOffsetHours: -3, share: 2 },
]

export const LANGUAGES = ['en', 'de', 'fr', 'es', 'pt-br'] as const

/** How active people are at each hour of their day, 1 at most. */
const HOUR_WEIGHTS = [
  0.2, 0.1, 0.06, 0.05, 0.06, 0.12, 0.3, 0.6, 0.75, 0.7, 0.65, 0.7, 0.85, 0.8, 0.65, 0.6, 0.65, 0.75, 0.9, 1,
  1, 0.9, 0.65, 0.4,
]
const HOUR_MS = 3_600_000
const DAY_HOURS = 24

export const HOUR_WEIGHT_MEAN = HOUR_WEIGHTS.reduce((sum, weight) => sum + weight, 0) / DAY_HOURS

/** `at` in milliseconds since 1970; `offsetHours` from UTC, which may lie beyond a day's hours. */
export const hourWeight = (at: number, offsetHours: number): number => {
  const hour = Math.floor(at / HOUR_MS + offsetHours) % DAY_HOURS
  return HOUR_WEIGHTS[(hour + DAY_HOURS) % DAY_HOURS]!
}
