import { DAY_MS } from '../../../schemas/ids.ts'
import { type Counts, count } from './recount.ts'

/** As the docs of `user-author` say: totals are of the newest event's 420 days (counted from 1970) and the 420 before. */
const TILE_MS = 420 * DAY_MS
/** A row may be gone once its newest event is 420 days and the lateness of events ago; not before. */
const LASTS_MS = (420 + 30) * DAY_MS

/** Somebody known did something with what an author wrote. */
export interface Done {
  readonly user: string
  readonly author: string
  readonly what: string
  readonly at: number
}

/** Newest event time at which a pair's row, in whatever state the sweep is, is still there when the last event has come. */
export const lastingSince = (last: number): number => last - LASTS_MS

/** What rows of pairs must hold, of those that are surely there: by user, what they did, and author. */
export const countLasting = (done: readonly Done[], since: number): Counts => {
  const newest = new Map<string, number>()
  const pairOf = ({ user, author }: Done): string => `${user} ${author}`
  for (const each of done) {
    newest.set(pairOf(each), Math.max(each.at, newest.get(pairOf(each)) ?? 0))
  }
  const counts: Counts = new Map()
  for (const each of done) {
    const newestAt = newest.get(pairOf(each))!
    const isKept = Math.floor(each.at / TILE_MS) >= Math.floor(newestAt / TILE_MS) - 1
    if (newestAt >= since && isKept) count(counts, `${each.user} ${each.what} ${each.author}`)
  }
  return counts
}
