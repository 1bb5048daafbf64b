import type { UserId } from '../schemas/ids.ts'
import { COMMENTERS_MAX } from './candidate.ts'
import type { Viewer } from './viewer.ts'

export interface Commenters {
  /** How many of the users are friends of the viewer. */
  readonly byFriends: number
  /** Friends first; at most `COMMENTERS_MAX`. None whom either keeps away. */
  readonly commenters: readonly UserId[]
  /** How many there are beside them whom nobody keeps away. */
  readonly otherCommenters: number
}

/** Of those who commented, newest first, whom to name to the viewer. */
export const commentersOf = (userIds: readonly UserId[], viewer: Viewer): Commenters => {
  const friends: UserId[] = []
  const others: UserId[] = []
  for (const userId of userIds) {
    if (viewer.isKeptApart(userId)) continue
    if (viewer.friends.has(userId)) friends.push(userId)
    else others.push(userId)
  }
  const all = [...friends, ...others]
  return {
    byFriends: friends.length,
    commenters: all.slice(0, COMMENTERS_MAX),
    otherCommenters: Math.max(0, all.length - COMMENTERS_MAX),
  }
}
