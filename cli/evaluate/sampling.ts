import type { Random } from '../../engine/driver/random.ts'
import type { UserId } from '../../schemas/ids.ts'
import type { Corpus, KnownPost } from './corpus.ts'

/** Posts that the others are drawn from. */
export const POOL_POSTS_MAX = 500
/** Others that a post is ranked among. */
export const OTHERS = 100

/** Posts that one is ranked among. */
export interface Drawn {
  readonly others: readonly KnownPost[]
  /** Whether the one is as recently active as those that the others were drawn from. */
  readonly isInPool: boolean
}

/**
 * Draws the posts that `chosen` is ranked among: `OTHERS` of the `POOL_POSTS_MAX` most recently active posts
 * that the user has not touched and may see, each equally likely, without repetition, never `chosen` itself.
 * Undefined where there are fewer than `OTHERS`.
 */
export const drawOthers = (
  corpus: Corpus,
  userId: UserId,
  chosen: KnownPost,
  mayBeSeen: (post: KnownPost) => boolean,
  random: Random,
): Drawn | undefined => {
  const pool: KnownPost[] = []
  let isInPool = false
  for (const post of corpus.mostRecentlyActive()) {
    isInPool ||= post === chosen
    if (post === chosen || corpus.hasTouched(userId, post) || !mayBeSeen(post)) continue
    pool.push(post)
    if (pool.length === POOL_POSTS_MAX) break
  }
  return pool.length < OTHERS ? undefined : { others: drawFrom(pool, OTHERS, random), isInPool }
}

/** The first steps of a Fisher-Yates shuffle. */
const drawFrom = <Item>(pool: Item[], count: number, random: Random): readonly Item[] => {
  for (let place = 0; place < count; place++) {
    const drawn = place + random.below(pool.length - place)
    const item = pool[drawn]!
    pool[drawn] = pool[place]!
    pool[place] = item
  }
  return pool.slice(0, count)
}
