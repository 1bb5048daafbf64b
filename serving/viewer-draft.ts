import type { CarriedOver } from '../processors/carried-posts.ts'
import type { Edge } from '../processors/connections/index.ts'
import type { UserProfile } from '../processors/profiles.ts'
import type { LastLogin } from '../processors/seen.ts'
import { SeenPosts } from '../processors/seen-filter.ts'
import type { UserTaste } from '../processors/user-taste.ts'
import type { TouchedAuthor } from '../processors/touched-authors.ts'
import type { ContainerId, Millis, PostId, UserId } from '../schemas/ids.ts'
import type { Viewer } from './viewer.ts'

/** A viewer as query hydrators fill it in. What none of them wrote is as of a user never heard of. */
export class ViewerDraft implements Viewer {
  readonly userId: UserId
  profile: UserProfile | null = null
  friends: ReadonlyMap<UserId, Edge<UserId>> = new Map()
  follows: ReadonlyMap<UserId, Edge<UserId>> = new Map()
  groups: ReadonlyMap<ContainerId, Edge<ContainerId>> = new Map()
  pages: ReadonlyMap<ContainerId, Edge<ContainerId>> = new Map()
  touched: ReadonlyMap<UserId, TouchedAuthor> = new Map()
  seen = new SeenPosts(undefined, undefined)
  carried: ReadonlyMap<PostId, CarriedOver> = new Map()
  taste: UserTaste | null = null
  lastLogin: LastLogin | null = null
  followers = 0
  isKeptApart: (authorId: UserId) => boolean = () => false
  isHidden: (postId: PostId) => boolean = () => false
  fatigueOf: (authorId: UserId, asOf: Millis) => number = () => 1

  constructor(userId: UserId) {
    this.userId = userId
  }
}
