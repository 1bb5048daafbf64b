import { bucketOf } from '../experiments/bucket.ts'
import type { FeedQuery } from '../query.ts'
import { PASS_0_KEPT_MAX } from '../quotas.ts'

/** Requests of which pass 0 lets some candidates through that it would drop, and whose ranking is sampled: one in 20. */
export const SAMPLED_SHARE = 0.05
/** Places of pass 0 that go to such candidates: the last ones, which hardly ever come to be shown. */
export const EXPLORED_PLACES = 25

const SALT = 'pass-0'

/** Hangs on who asks and when alone, so that a replay samples the same; nothing is learned of previews, so none is. */
export const isSampled = ({ userId, asOf, preview }: FeedQuery): boolean =>
  !preview && bucketOf(SALT, `${userId} ${asOf}`) < SAMPLED_SHARE

/** How many of so many candidates pass 0 keeps for their rank alone, at most; the places after these are drawn. */
export const keptByRank = (candidates: number, query: FeedQuery): number =>
  exploredShare(candidates) === 1 || !isSampled(query) ? PASS_0_KEPT_MAX : PASS_0_KEPT_MAX - EXPLORED_PLACES

/**
 * Of an order of candidates those that pass 0 keeps: the best, and of a sampled request some of those beyond, evenly
 * spread from a place drawn by chance. Without them the light ranker would never hear of what it is wrong to drop.
 */
export const keptPlaces = (order: Uint32Array, query: FeedQuery): Uint32Array => {
  const kept = order.slice(0, PASS_0_KEPT_MAX)
  const first = keptByRank(order.length, query)
  if (first === PASS_0_KEPT_MAX) return kept
  const stride = exploredShare(order.length)
  const offset = bucketOf(`${SALT} offset`, `${query.userId} ${query.asOf}`) * stride
  for (let place = 0; place < EXPLORED_PLACES; place++) {
    kept[first + place] = order[first + Math.floor(offset + place * stride)]!
  }
  return kept
}

/** How many candidates each of the explored stands for, of so many in all; 1 where pass 0 drops none. */
export const exploredShare = (candidates: number): number =>
  Math.max(1, (candidates - PASS_0_KEPT_MAX + EXPLORED_PLACES) / EXPLORED_PLACES)
