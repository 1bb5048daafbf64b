import type { Removal } from '../candidate.ts'
import type { ContainerId, PostId, UserId } from '../../schemas/ids.ts'

/** A post as far as events that are not processed yet may forbid it. */
export interface Restrictable {
  readonly postId: PostId
  readonly authorId: UserId
  readonly containerId: ContainerId | null
}

/**
 * What was accepted and is not processed yet, as far as it forbids to show somebody something. Asked without
 * waiting, right before an answer is made of rows that may not know of it.
 */
export interface Restrictions {
  /** Why the post must not be shown to the viewer; null when nothing that waits forbids it. */
  removalOf(viewerId: UserId, post: Restrictable): Removal | null
  /** Whether a block or mute that waits keeps the two apart, either way. */
  keepsApart(viewerId: UserId, otherId: UserId): boolean
  /**
   * Called before rows are read that are then asked about: what they may not know of is not let go of until
   * what is answered is called.
   */
  hold(): () => void
}

/** Where everything accepted is processed before the next feed. */
export const noRestrictions: Restrictions = {
  removalOf: () => null,
  keepsApart: () => false,
  hold: () => () => undefined,
}
