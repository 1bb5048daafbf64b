import { DAY_MS } from '../schemas/ids.ts'
import type { Source } from './candidate.ts'

/**
 * How many candidates a feed is made of, in one place. Every source gives its quota, if it has as many. Posts
 * found several times count once, and posts that the viewer saw or may not see do not count: while fewer than `CANDIDATES_MIN`
 * others were found, sources that have more give more, the strongest first.
 */
export const QUOTAS: Readonly<Record<Source, number>> = {
  comments: 180,
  mention: 100,
  friend: 700,
  follow: 500,
  group: 350,
  page: 200,
  carried: 200,
  touched: 170,
  trending: 200,
  retrieval: 200,
}

/** Posts not seen yet that a feed is made of at least, where they exist. */
export const CANDIDATES_MIN = 1_500

/** Candidates at most: the sum of all quotas. */
export const CANDIDATES_MAX = Object.values(QUOTAS).reduce((sum, quota) => sum + quota, 0)

/**
 * Posts that retrieval looks up: for a viewer with ties, what of its quota is left when filters took theirs; for one
 * with few, and once all sources together gave too few, as many as all others may leave wanting.
 */
export const RETRIEVED_USUAL = 2 * QUOTAS.retrieval
export const RETRIEVED_MAX = CANDIDATES_MIN + QUOTAS.retrieval
/** Fewer authors and containers than this are few: they hardly fill a feed, and one search is sooner done than two. */
export const TIES_FEW = 100

/** Whose posts are read: of those the viewer is tied to, the ones they touched last, then the closest. */
export const SHELVES_MAX = {
  friend: 300,
  follow: 300,
  group: 100,
  page: 100,
  touched: 100,
} as const satisfies Partial<Record<Source, number>>

/** The newest posts taken of one author or container: those since the viewer was last here, and older ones. */
export const NEW_PER_SHELF_MAX = 100
export const OLD_PER_SHELF_MAX = 20

/** The viewer's own posts whose comments are looked at: the newest. */
export const OWN_POSTS_MAX = 50

/** Older posts are no candidates, */
export const POST_AGE_MAX_MS = 30 * DAY_MS
/** but for those that comments bring back. */
export const COMMENTED_AGE_MAX_MS = 90 * DAY_MS

/** Candidates that pass 0 keeps for the heavy model. */
export const PASS_0_KEPT_MAX = 500
