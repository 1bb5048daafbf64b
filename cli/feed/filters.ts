import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { Millis } from '../../schemas/ids.ts'
import type { Removal } from './candidate.ts'
import type { Viewer } from './viewer.ts'

/** Why a post is not for this viewer as of this time; null when it is. Says nothing of whether it was seen. */
export const removalOf = (post: IndexedPost, viewer: Viewer, asOf: Millis): Removal | null => {
  if (post.authorId === viewer.userId) return 'own'
  if (post.publishedAt > asOf) return 'future'
  if (viewer.isKeptApart(post.authorId)) return 'kept-apart'
  return mayRead(post, viewer) ? null : 'audience'
}

/** Posts to friends are for the author's friends, posts to a group or page for its members. */
const mayRead = ({ audience, authorId, containerId }: IndexedPost, viewer: Viewer): boolean => {
  if (audience === 'public') return true
  if (audience === 'friends') return viewer.friends.has(authorId)
  if (containerId === null) return false
  return audience === 'group' ? viewer.groups.has(containerId) : viewer.pages.has(containerId)
}
