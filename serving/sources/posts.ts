import { keyOf } from '../../engine/key.ts'
import { type PostAttributes, readPostAttributes } from '../../processors/post-attributes.ts'
import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { PostId } from '../../schemas/ids.ts'
import type { StateRows } from '../state-rows.ts'

/** A post as indexes tell of it; null unless it is published and not deleted. */
export const indexedPostOf = (
  postId: PostId,
  { authorId, publishedAt, content }: PostAttributes,
): IndexedPost | null => {
  if (publishedAt === null || content === null) return null
  const { kind, audience, containerId, language } = content
  return { postId, authorId, publishedAt, kind, audience, containerId, language }
}

/** What posts known by their ids are, in the order asked; null for those that are not there. One read. */
export const postsById = async (
  rows: StateRows,
  ids: readonly PostId[],
): Promise<readonly (IndexedPost | null)[]> => {
  const found = await rows.readMany(
    'post-attributes',
    ids.map((id) => keyOf(id)),
  )
  return found.map((row, index) =>
    row === undefined ? null : indexedPostOf(ids[index]!, readPostAttributes(row)),
  )
}
