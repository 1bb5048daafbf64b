import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { UserId } from '../../schemas/ids.ts'
import type { StateRows } from '../../serving/state-rows.ts'
import { removalOf } from '../feed/filters.ts'
import { readViewer } from '../feed/viewer.ts'

/** Reads whose posts the user may see, and answers the question for a post: the feed's own rule, seen or not. */
export const audienceOf = async (
  rows: StateRows,
  userId: UserId,
): Promise<(post: IndexedPost) => boolean> => {
  const viewer = await readViewer(rows, userId)
  return (post) => removalOf(post, viewer, post.publishedAt) === null
}
