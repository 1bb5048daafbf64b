import type { CommentId, ContainerId, EventId, Hashtag, Millis, PostId, UserId } from '../../schemas/ids.ts'
import { millis } from '../../schemas/ids.ts'
import type { Post } from '../../schemas/posts/index.ts'
import type { Profile } from '../../schemas/profiles/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import type { PostEntry } from '../../processors/topics/post-entry.ts'
import type { JoinedReaction } from '../../processors/post-join.ts'
import type { PostReaction } from '../../processors/topics/post-reaction.ts'

/** Test values by their plain fields: brands are put on here. */
type Plain<Value> = {
  [Field in keyof Value]?: Value[Field] extends string | null
    ? string | null
    : Value[Field] extends number | null
      ? number | null
      : Value[Field] extends readonly string[]
        ? readonly string[]
        : Value[Field]
}

export const T0 = millis(1_700_000_000_000)
export const later = (ms: number): Millis => millis(T0 + ms)

export const eventId = (id: string): EventId => id as EventId
export const postId = (id: string): PostId => id as PostId
export const userId = (id: string): UserId => id as UserId
export const containerId = (id: string): ContainerId => id as ContainerId
export const commentId = (id: string): CommentId => id as CommentId
export const hashtag = (tag: string): Hashtag => tag as Hashtag

const made = <Value>(defaults: Value, fields: Plain<Value>): Value => ({ ...defaults, ...fields })

export const aPost = (fields: Plain<Post> = {}): Post =>
  made<Post>(
    {
      eventId: eventId('event-1'),
      postId: postId('post-1'),
      authorId: userId('author-1'),
      action: 'published',
      kind: 'text',
      audience: 'public',
      containerId: null,
      text: null,
      language: null,
      hashtags: [],
      mentions: [],
      contentEmbedding: null,
      at: T0,
    },
    fields,
  )

export const aReaction = (fields: Plain<Reaction> = {}): Reaction =>
  made<Reaction>(
    {
      eventId: eventId('event-1'),
      userId: userId('user-1'),
      postId: postId('post-1'),
      authorId: userId('author-1'),
      kind: 'like',
      undo: false,
      value: null,
      commentId: null,
      requestId: null,
      surface: null,
      at: T0,
    },
    fields,
  )

export const aPostReaction = (fields: Plain<PostReaction> = {}): PostReaction =>
  made<PostReaction>(
    {
      userId: userId('user-1'),
      postId: postId('post-1'),
      authorId: userId('author-1'),
      kind: 'like',
      undo: false,
      value: null,
      commentId: null,
      country: null,
      at: T0,
    },
    fields,
  )

export const aJoinedReaction = (fields: Plain<JoinedReaction> = {}): JoinedReaction =>
  made<JoinedReaction>(
    { ...aPostReaction(), contentKind: 'text', containerId: null, hashtags: [], vector: null },
    fields,
  )

export const aProfile = (fields: Plain<Profile> = {}): Profile =>
  made<Profile>(
    {
      eventId: eventId('event-1'),
      userId: userId('user-1'),
      country: null,
      language: null,
      birthYear: null,
      gender: null,
      interests: [],
      at: T0,
    },
    fields,
  )

export const anEntry = (fields: Plain<PostEntry> = {}): PostEntry =>
  made<PostEntry>(
    {
      postId: postId('post-1'),
      authorId: userId('author-1'),
      publishedAt: T0,
      kind: 'text',
      audience: 'public',
      containerId: null,
      language: null,
      removed: false,
      at: T0,
    },
    fields,
  )
