import type { CarriedOver } from '../processors/carried-posts.ts'
import type { Edge } from '../processors/connections/index.ts'
import type { UserProfile } from '../processors/profiles.ts'
import type { LastLogin } from '../processors/seen.ts'
import type { SeenPosts } from '../processors/seen-filter.ts'
import type { UserTaste } from '../processors/user-taste.ts'
import type { TouchedAuthor } from '../processors/touched-authors.ts'
import type { ContainerId, Millis, PostId, UserId } from '../schemas/ids.ts'

/** Whom a feed is for: what decides which posts they may and would see. Of a user never heard of, all is empty. */
export interface Viewer {
  readonly userId: UserId
  readonly profile: UserProfile | null
  readonly friends: ReadonlyMap<UserId, Edge<UserId>>
  readonly follows: ReadonlyMap<UserId, Edge<UserId>>
  readonly groups: ReadonlyMap<ContainerId, Edge<ContainerId>>
  readonly pages: ReadonlyMap<ContainerId, Edge<ContainerId>>
  /** Authors they touched, last first. */
  readonly touched: ReadonlyMap<UserId, TouchedAuthor>
  readonly seen: SeenPosts
  /** What earlier sessions ranked and passed over: of the last session, best first. */
  readonly carried: ReadonlyMap<PostId, CarriedOver>
  /** What they like to read about; null where nothing is known. */
  readonly taste: UserTaste | null
  /** Null for one who never did anything. */
  readonly lastLogin: LastLogin | null
  /** How many users follow them. */
  readonly followers: number
  /** Either blocks or mutes the other. */
  isKeptApart(authorId: UserId): boolean
  /** They hid or reported the post, and did not take it back. */
  isHidden(postId: PostId): boolean
  /** What their last see-less on the author leaves of a post's value: 0 while it is to be shown none of, up to 1. */
  fatigueOf(authorId: UserId, asOf: Millis): number
}
