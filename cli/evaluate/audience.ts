import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import { keyOf } from '../../engine/key.ts'
import { readConnections } from '../../processors/connections/index.ts'
import type { UserId } from '../../schemas/ids.ts'
import { areKeptApart } from '../../serving/query-hydrators/connections.ts'
import type { StateRows } from '../../serving/state-rows.ts'
import { isInAudience } from '../../serving/visibility/audience.ts'

/** Reads whose posts the user may see, and answers the question for a post: the feed's own rule, seen or not. */
export const audienceOf = async (
  rows: StateRows,
  userId: UserId,
): Promise<(post: IndexedPost) => boolean> => {
  const connections = readConnections(await rows.read('connections', keyOf(userId)))
  const idsOf = <Id>(edges: readonly { readonly id: Id }[]): Set<Id> => new Set(edges.map(({ id }) => id))
  const ties = {
    userId,
    friends: idsOf(connections.friends),
    groups: idsOf(connections.groups),
    pages: idsOf(connections.pages),
  }
  return (post) => isInAudience(post, ties) && !areKeptApart(connections, post.authorId)
}
