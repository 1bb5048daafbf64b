import type { Witness } from '../reactions/visits.ts'
import type { Visitor } from '../world.ts'

/** Told of every feed that is served, and of what comes of it. */
export interface FeedWitness extends Witness {
  /** A feed is served to the opened viewer; `posts` in order, −1 for one they may not see. Before they look. */
  served(visitor: Visitor, posts: readonly number[]): void
  /** One of these that the opened viewer may not see. */
  forbidden?(visitor: Visitor, postId: string): void
}
