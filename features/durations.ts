import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../schemas/ids.ts'

/** A length of time that keeps the words it was declared in: they become part of column names. */
export interface Duration {
  /** As in `30min`, `24h`, `7d`. */
  readonly name: string
  readonly ms: number
}

const duration = (count: number, unit: string, unitMs: number): Duration => {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`a duration needs a whole number of ${unit} above 0, not ${count}`)
  }
  return { name: `${count}${unit}`, ms: count * unitMs }
}

export const seconds = (count: number): Duration => duration(count, 's', SECOND_MS)
export const minutes = (count: number): Duration => duration(count, 'min', MINUTE_MS)
export const hours = (count: number): Duration => duration(count, 'h', HOUR_MS)
export const days = (count: number): Duration => duration(count, 'd', DAY_MS)

/** Half-lives of what happens to posts and authors; what never fades is a `total`. */
export const POPULARITY_HALF_LIVES = [minutes(30), hours(24)] as const
/** Half-lives of what a user does with an author. */
export const ENGAGEMENT_HALF_LIVES = [minutes(30), days(1), days(30)] as const
/** Half-lives of what a user rejects: slower, for there is less of it and it means more. */
export const NEGATIVE_HALF_LIVES = [hours(72), days(14), days(140)] as const
export const WINDOWS = [hours(1), hours(24), days(7), days(30)] as const
