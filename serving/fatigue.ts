import { DAY_MS, type Millis } from '../schemas/ids.ts'

/** After a see-less on an author none of their posts are shown for so long, */
export const FATIGUE_NONE_MS = 14 * DAY_MS
/** then their posts count this much, */
export const FATIGUE_FIRST = 0.2
/** rising evenly until, this long after it, they count in full. */
export const FATIGUE_OVER_MS = 140 * DAY_MS

/**
 * What a see-less leaves of the value of its author's posts: 0 for `FATIGUE_NONE_MS`, then from
 * `FATIGUE_FIRST` up to 1. One that is yet to be given leaves all.
 */
export const fatigueAfter = (sinceMs: number): number => {
  if (sinceMs < 0 || sinceMs >= FATIGUE_OVER_MS) return 1
  if (sinceMs < FATIGUE_NONE_MS) return 0
  const risen = (sinceMs - FATIGUE_NONE_MS) / (FATIGUE_OVER_MS - FATIGUE_NONE_MS)
  return FATIGUE_FIRST + (1 - FATIGUE_FIRST) * risen
}

/** By author, of when the viewer last asked to see less of them. */
export const fatigueOf =
  <Id>(lastAt: ReadonlyMap<Id, Millis>) =>
  (authorId: Id, asOf: Millis): number => {
    const at = lastAt.get(authorId)
    return at === undefined ? 1 : fatigueAfter(asOf - at)
  }
