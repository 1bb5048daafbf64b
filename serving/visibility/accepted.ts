import { blockOf, isBlocking } from '../../processors/connections/index.ts'
import { connectionsReversed } from '../../processors/topics/connections-reversed.ts'
import { connections as connectionTopic, integrity, posts, reactions } from '../../processors/topics.ts'
import type { Connection } from '../../schemas/connections/index.ts'
import type { Integrity } from '../../schemas/integrity/index.ts'
import type { Post } from '../../schemas/posts/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'

/**
 * What an accepted event forbids, as keys of `PendingRestrictions`, and where it is processed. Only what takes
 * something away: what an event allows counts once it is processed.
 */
export interface Restriction {
  readonly keys: readonly string[]
  readonly topic: string
  /** The id that its partition follows from. */
  readonly key: string
  /** Topic and key of the echo that tells the other side; null where nobody else is told. */
  readonly echo: { readonly topic: string; readonly key: string } | null
}

export const apartKey = (userId: string, otherId: string): string => `apart\0${userId}\0${otherId}`
export const untiedKey = (userId: string, targetId: string): string => `untied\0${userId}\0${targetId}`
export const deletedKey = (postId: string): string => `deleted\0${postId}`
/** The value is the post's author, who alone may see it. */
export const narrowedKey = (postId: string): string => `narrowed\0${postId}`
export const judgedKey = (postId: string): string => `judged\0${postId}`

/** What an event of a topic forbids; null for most. */
export const restrictionOf = (topic: string, value: unknown): Restriction | null => {
  switch (topic) {
    case connectionTopic.name:
      return ofConnection(value as Connection)
    case reactions.name:
      return ofReaction(value as Reaction)
    case posts.name:
      return ofPost(value as Post)
    case integrity.name:
      return ofIntegrity(value as Integrity)
    default:
      return null
  }
}

/** Blocks and mutes begin, and other ties end; between two users, on both sides. */
const ofConnection = ({ userId, targetId, kind, action }: Connection): Restriction | null => {
  const isApart = kind === 'block' || kind === 'mute'
  if (kind === 'follow' || isApart !== (action === 'added')) return null
  const keyFor = isApart ? apartKey : untiedKey
  const isOfUsers = isApart || kind === 'friend'
  return {
    keys: isOfUsers ? [keyFor(userId, targetId), keyFor(targetId, userId)] : [keyFor(userId, targetId)],
    topic: connectionTopic.name,
    key: userId,
    echo: isOfUsers ? { topic: connectionsReversed.name, key: targetId } : null,
  }
}

/** Of reactions only a block of an author forbids anything. */
const ofReaction = (reaction: Reaction): Restriction | null => {
  const block = isBlocking(reaction) ? ofConnection(blockOf(reaction)) : null
  return block === null ? null : { ...block, topic: reactions.name }
}

/** A public post is for everybody, so that a publication or an edit that says so forbids nothing. */
const ofPost = ({ postId, action, audience }: Post): Restriction | null => {
  if (action !== 'deleted' && audience === 'public') return null
  const key = action === 'deleted' ? deletedKey(postId) : narrowedKey(postId)
  return { keys: [key], topic: posts.name, key: postId, echo: null }
}

const ofIntegrity = ({ postId, verdict }: Integrity): Restriction | null =>
  verdict === 'remove' ? { keys: [judgedKey(postId)], topic: integrity.name, key: postId, echo: null } : null
