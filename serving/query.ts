import type { Millis, UserId } from '../schemas/ids.ts'
import type { PassedPosts } from './sessions/passed-posts.ts'

export const FEED_LIMIT_DEFAULT = 20
export const FEED_LIMIT_MAX = 100

export const DEVICES = ['phone', 'tablet', 'desktop'] as const
export type Device = (typeof DEVICES)[number]

/** One request for a feed, checked. */
export interface FeedQuery {
  readonly userId: UserId
  /** 1 to `FEED_LIMIT_MAX`. */
  readonly limit: number
  /** The request's clock: features are read as of it, and posts published later are left out. */
  readonly asOf: Millis
  readonly device: Device | null
  /** Where in the app; goes to the impression as it is. */
  readonly surface: string | null
  /** Somebody only looks: nothing is logged. */
  readonly preview: boolean
  /** Where the feed goes on after pages of a ranking that is no longer kept: what those have come past. */
  readonly passed?: PassedPosts
}
