import { HOUR_MS } from '../../schemas/ids.ts'

/**
 * What a post loses, in cosines, each time its age doubles from a few hours on. By hand and not tuned, as may do for
 * what only chooses candidates: `freshet bench retrieval` says what it does beside cosines alone.
 */
export const FRESHNESS = 0.1
const YOUNG_MS = 6 * HOUR_MS

/** How near a post is to a viewer, less what its age takes; NaN for one that is gone. */
export const retrievalScore = (cosine: number, ageMs: number, freshness = FRESHNESS): number =>
  cosine - freshness * Math.log2(1 + Math.max(0, ageMs) / YOUNG_MS)
