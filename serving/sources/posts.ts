import { readIndexedPost } from '../../processors/post-attributes.ts'
import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { PostId } from '../../schemas/ids.ts'
import type { StateRows } from '../state-rows.ts'

/** What posts known by their ids are, in the order asked; null for those that are not there. One read. */
export const postsById = async (
  rows: StateRows,
  ids: readonly PostId[],
): Promise<readonly (IndexedPost | null)[]> => {
  const posts: (IndexedPost | null)[] = Array.from({ length: ids.length }, () => null)
  await rows.visitIds(
    'post-attributes',
    ids,
    (id) => id,
    (index, buffer, start, end) => {
      if (start < end) posts[index] = readIndexedPost(ids[index]!, buffer, start, end)
    },
  )
  return posts
}
