import type { IndexedPost } from '../processors/topics/post-entry.ts'
import type { Source } from './candidate.ts'
import type { Viewer } from './viewer.ts'

/** The source that stands for what ties the viewer to a post, whether or not it gave it; null for a stranger's. */
export const sourceByTie = ({ authorId, containerId }: IndexedPost, viewer: Viewer): Source | null => {
  if (viewer.friends.has(authorId)) return 'friend'
  if (viewer.follows.has(authorId)) return 'follow'
  if (containerId !== null && viewer.groups.has(containerId)) return 'group'
  if (containerId !== null && viewer.pages.has(containerId)) return 'page'
  return viewer.touched.has(authorId) ? 'touched' : null
}
