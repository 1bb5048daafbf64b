import { ByteReader, ByteWriter } from '../engine/bytes.ts'
import type { Context, Processor, StateLayout } from '../engine/processor.ts'
import { on } from '../engine/processor.ts'
import type { TopicInfo } from '../engine/topic.ts'
import { type ContainerId, DAY_MS, type Hashtag, type Millis, millis, type PostId } from '../schemas/ids.ts'
import { POST_KINDS, type PostKind } from '../schemas/posts/index.ts'
import { contentVectorOf } from './content/content-vector.ts'
import { readVector, writeVector } from './content/vector-bytes.ts'
import { NewestRecords } from './newest-records.ts'
import { stateOf } from './rows.ts'
import { Symbols } from './symbols.ts'
import { posts } from './topics.ts'
import { readWords, writeWords } from './topics/post-entry.ts'
import {
  type PostReaction,
  reactionsByPost,
  readReactionFacts,
  writeReactionFacts,
} from './topics/post-reaction.ts'

/** Reactions that may wait for one post: the newest stay. */
export const WAITING_MAX = 1_000
/** How long a reaction waits for its post, in event time. */
export const WAITING_MS_MAX = 7 * DAY_MS

/** A reaction with what its post was published as. */
export interface JoinedReaction extends PostReaction {
  readonly contentKind: PostKind
  /** The group, page or thread that the post was published in. */
  readonly containerId: ContainerId | null
  readonly hashtags: readonly Hashtag[]
  /** What the post is about, as `contentVectorOf` says; null where it says nothing. */
  readonly vector: Int8Array | null
}

type Mutable<Value> = { -readonly [Field in keyof Value]: Value[Field] }

interface PublishedOrWaiting {
  /** Null before the post is published. */
  contentKind: PostKind | null
  containerId: ContainerId | null
  /** Each once. */
  hashtags: readonly Hashtag[]
  vector: Int8Array | null
  /** Each reaction's facts as an id: equal ones stand beside each other. */
  readonly waiting: NewestRecords
}

const kinds = new Symbols<PostKind>(POST_KINDS)
const NOT_PUBLISHED = 0
/** Flags of a post that is published: one of the first two, and the third where it has a vector. */
const IS_PUBLISHED = 1
const IS_IN_CONTAINER = 2
const HAS_VECTOR = 4
const NO_HASHTAGS: readonly Hashtag[] = []

const layoutOf = (): StateLayout<PublishedOrWaiting> => {
  const state: PublishedOrWaiting = {
    contentKind: null,
    containerId: null,
    hashtags: NO_HASHTAGS,
    vector: null,
    waiting: new NewestRecords(WAITING_MAX),
  }
  const create = (): PublishedOrWaiting => {
    state.contentKind = null
    state.containerId = null
    state.hashtags = NO_HASHTAGS
    state.vector = null
    state.waiting.clear()
    return state
  }
  const read = (reader: ByteReader): PublishedOrWaiting => {
    create()
    const published = reader.u8()
    if (published === NOT_PUBLISHED) state.waiting.load(reader)
    else {
      state.contentKind = kinds.read(reader)
      if (published & HAS_VECTOR) state.vector = readVector(reader)
      if (published & IS_IN_CONTAINER) state.containerId = reader.string() as ContainerId
      state.hashtags = readWords(reader) as Hashtag[]
    }
    return state
  }
  return {
    version: 3,
    // Version 1 did not keep the container, 2 no vector: their posts read as published without.
    migrations: { 1: read, 2: read },
    create,
    read,
    write({ contentKind, containerId, hashtags, vector, waiting }, writer) {
      if (contentKind === null) {
        writer.u8(NOT_PUBLISHED)
        waiting.save(writer)
        return waiting.count > 0
      }
      const place = containerId === null ? IS_PUBLISHED : IS_IN_CONTAINER
      writer.u8(vector === null ? place : place | HAS_VECTOR)
      kinds.write(contentKind, writer)
      if (vector !== null) writeVector(vector, writer)
      if (containerId !== null) writer.string(containerId)
      writeWords(hashtags, writer)
      return true
    },
  }
}

/**
 * Joins reactions with their post's kind, container, hashtags and vector *as first published*: neither edits nor a
 * deletion change a join, past or future. Were they joined with the newest edit, or no more once the post is deleted,
 * an undo after that would not take back what was counted before it, and the sums would hang on how the two topics
 * happened to interleave.
 *
 * A reaction ahead of its post waits. Of those, the newest `WAITING_MAX` a post are kept, each until
 * `WAITING_MS_MAX` after its own time; the others are dropped and counted as `post_join.unmatched`.
 *
 * @param emit sends a joined reaction on. The value is reused: it holds only during the call.
 * @param outputs the topics that `emit` sends to
 */
export const postJoin = (
  emit: (joined: JoinedReaction, context: Context) => void,
  outputs: readonly TopicInfo[],
): Processor<PublishedOrWaiting> => {
  const join = joiner(emit)
  return {
    name: 'post-join',
    about: 'Joins reactions with the kind, container and hashtags that their post was published with.',
    state: layoutOf(),
    handlers: [
      on({
        input: posts,
        key: (post, key) => post.action === 'published' && key.id(post.postId),
        process(post, state: PublishedOrWaiting, context) {
          if (state.contentKind !== null) return false
          state.contentKind = post.kind
          state.containerId = post.containerId
          state.hashtags = [...new Set(post.hashtags)]
          state.vector = contentVectorOf(post)
          release(post.postId, state, (reaction) => join(reaction, state, context))
          return true
        },
      }),
      on({
        input: reactionsByPost,
        key: (reaction, key) => key.id(reaction.postId),
        process(reaction, state: PublishedOrWaiting, context) {
          if (state.contentKind === null) return wait(reaction, state.waiting, context)
          join(reaction, state, context)
          return false
        },
      }),
    ],
    outputs,
    onTimer: (at, _key, { waiting }, context) => expire(at, waiting, context),
  }
}

const joiner = (emit: (joined: JoinedReaction, context: Context) => void) => {
  let joined: Mutable<JoinedReaction> | undefined
  return (reaction: PostReaction, state: PublishedOrWaiting, context: Context): void => {
    const contentKind = state.contentKind!
    const { containerId, hashtags, vector } = state
    joined ??= { ...reaction, contentKind, containerId, hashtags, vector }
    joined.userId = reaction.userId
    joined.postId = reaction.postId
    joined.authorId = reaction.authorId
    joined.kind = reaction.kind
    joined.undo = reaction.undo
    joined.value = reaction.value
    joined.commentId = reaction.commentId
    joined.country = reaction.country
    joined.at = reaction.at
    joined.contentKind = contentKind
    joined.containerId = containerId
    joined.hashtags = hashtags
    joined.vector = vector
    emit(joined, context)
  }
}

const facts = new ByteWriter()
const reader = new ByteReader()

const wait = (reaction: PostReaction, waiting: NewestRecords, context: Context): boolean => {
  facts.reset()
  writeReactionFacts(reaction, facts)
  const wasFull = waiting.count === WAITING_MAX
  const changed = waiting.add(reaction.at, facts.view())
  if (wasFull) context.count('post_join.unmatched')
  setExpiry(waiting, context)
  return changed
}

/** Setting a timer again is setting it once, so the oldest reaction's is always set. */
const setExpiry = (waiting: NewestRecords, context: Context): void => {
  context.timer(millis(waiting.at(waiting.oldest()) + WAITING_MS_MAX))
}

const release = (
  postId: PostId,
  { waiting }: PublishedOrWaiting,
  each: (reaction: PostReaction) => void,
): void => {
  for (let place = waiting.oldest(); place >= 0; place = waiting.newer(place)) {
    each(readReactionFacts(postId, waiting.id(place, reader)))
  }
}

const expire = (at: Millis, waiting: NewestRecords, context: Context): boolean => {
  const before = waiting.count
  while (waiting.count > 0 && waiting.at(waiting.oldest()) + WAITING_MS_MAX <= at) {
    waiting.remove(waiting.oldest())
    context.count('post_join.unmatched')
  }
  if (waiting.count > 0) setExpiry(waiting, context)
  return waiting.count < before
}

/** What reactions are joined with. */
export interface JoinedPost {
  /** Null before the post is published. */
  readonly contentKind: PostKind | null
  readonly containerId: ContainerId | null
  readonly hashtags: readonly Hashtag[]
  readonly vector: Int8Array | null
  /** Reactions that wait for the post. */
  readonly waiting: number
}

/** The post in a row of `post-join`. */
export const readJoinedPost = (row: Buffer): JoinedPost => {
  const { contentKind, containerId, hashtags, vector, waiting } = stateOf(layoutOf(), row)
  return { contentKind, containerId, hashtags, vector, waiting: waiting.count }
}
