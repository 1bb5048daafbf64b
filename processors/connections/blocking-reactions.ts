import type { Connection } from '../../schemas/connections/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'

/**
 * Whether a reaction blocks its post's author, or takes a block back. Somebody not known has nobody to be kept apart
 * from, and nobody blocks themselves.
 */
export const isBlocking = ({ kind, userId, authorId }: Reaction): boolean =>
  kind === 'block_author' && userId !== null && userId !== authorId

/**
 * The block that a blocking reaction is. An undo ends it at its own time, as an unblock does that comes as a
 * connection: of all that is said of two users, in either way, the latest holds.
 */
export const blockOf = ({ eventId, userId, authorId, undo, at }: Reaction): Connection => ({
  eventId,
  userId: userId!,
  targetId: authorId,
  kind: 'block',
  closeness: 'none',
  action: undo ? 'removed' : 'added',
  at,
})
