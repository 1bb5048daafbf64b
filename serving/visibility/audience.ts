import type { ContainerId, UserId } from '../../schemas/ids.ts'
import type { Audience } from '../../schemas/posts/index.ts'
import type { Viewer } from '../viewer.ts'

/** What of a post decides who may see it. */
export interface Audienced {
  readonly authorId: UserId
  readonly audience: Audience
  readonly containerId: ContainerId | null
}

interface IdSet<Id> {
  has(id: Id): boolean
}

/** What of a viewer decides it. */
export interface Ties {
  readonly userId: UserId
  readonly friends: IdSet<UserId>
  readonly groups: IdSet<ContainerId>
  readonly pages: IdSet<ContainerId>
}

/**
 * Posts to friends are for the author's friends, posts to a group or page for its members, and an author sees
 * what they wrote. A post to a group or page that names none is for nobody else.
 */
export const isInAudience = ({ authorId, audience, containerId }: Audienced, ties: Ties): boolean => {
  if (authorId === ties.userId || audience === 'public') return true
  if (audience === 'friends') return ties.friends.has(authorId)
  if (containerId === null) return false
  return audience === 'group' ? ties.groups.has(containerId) : ties.pages.has(containerId)
}

/**
 * Whether the viewer may see the post, by what they and the index know. Filters ask the same and more, later: what
 * counts before them must not count posts that they are bound to take, or those use up places of others.
 */
export const mayBeFor = (post: Audienced, viewer: Viewer): boolean =>
  isInAudience(post, viewer) && !viewer.isKeptApart(post.authorId)
