import { ByteReader, type ByteWriter } from '../engine/bytes.ts'
import type { Processor, StateLayout } from '../engine/processor.ts'
import { on } from '../engine/processor.ts'
import type { ContainerId, EventId, Hashtag, Millis, PostId, UserId } from '../schemas/ids.ts'
import { AUDIENCES, type Audience, type Post, POST_KINDS, type PostKind } from '../schemas/posts/index.ts'
import { contentVectorOf } from './content/content-vector.ts'
import { CONTENT_DIMENSIONS } from './content/direction.ts'
import { readVector, writeVector } from './content/vector-bytes.ts'
import { announce } from './post-announcements.ts'
import { hashtagWordsOf } from './post-words.ts'
import { supersedes } from './register.ts'
import { stateOf } from './rows.ts'
import { Symbols } from './symbols.ts'
import { posts } from './topics.ts'
import {
  authorPosts,
  containerPosts,
  hashtagPosts,
  hourPosts,
  type IndexedPost,
  mentionPosts,
  readWords,
  writeWords,
} from './topics/post-entry.ts'

/** Text kept for display, in UTF-16 units. */
export const TEXT_KEPT_CHARS_MAX = 280

/** What a post is made of, as its newest publication or edit says. */
export interface PostContent {
  readonly kind: PostKind
  readonly audience: Audience
  readonly containerId: ContainerId | null
  readonly language: string | null
  /** Each once. */
  readonly hashtags: readonly Hashtag[]
  readonly mentions: readonly UserId[]
  /** The first `TEXT_KEPT_CHARS_MAX` characters. */
  readonly text: string | null
}

/** What ranking needs of it, whose text is not made for that. */
export interface RankedContent extends Pick<PostContent, 'hashtags' | 'mentions'> {
  /** UTF-16 units. */
  readonly textLength: number
}

export interface StoredContent extends PostContent {
  readonly at: Millis
  readonly eventId: EventId
  readonly edited: boolean
  /** For each hashtag, the words that the post gave it. */
  readonly words: readonly (readonly string[])[]
  /** What the whole of it is about; null where it says nothing. */
  readonly vector: Int8Array | null
}

interface PostState {
  /** By the first event of the post. */
  authorId: UserId | null
  /** Time of the first publication in the log, which later ones do not change. */
  publishedAt: Millis | null
  /** Earliest deletion. */
  deletedAt: Millis | null
  /** Null once deleted: of a deleted post only its tombstone is kept. */
  content: StoredContent | null
}

/** An event's content, ready to be stored. */
const contentOf = (post: Post): StoredContent => {
  const { at, eventId, kind, audience, containerId, language, mentions } = post
  const hashtags = [...new Set(post.hashtags)]
  return {
    at,
    eventId,
    edited: post.action === 'edited',
    kind,
    audience,
    containerId,
    language,
    hashtags,
    words: hashtagWordsOf(post.text, hashtags),
    mentions,
    text: post.text === null ? null : cut(post.text),
    vector: contentVectorOf(post),
  }
}

/** Cuts before a character rather than in its midst. */
const cut = (text: string): string => {
  if (text.length <= TEXT_KEPT_CHARS_MAX) return text
  const kept = text.slice(0, TEXT_KEPT_CHARS_MAX)
  return kept.isWellFormed() ? kept : kept.slice(0, -1)
}

/** The content that indexes show: that of a post published and not deleted. */
const shown = (state: PostState): StoredContent | null => (state.publishedAt === null ? null : state.content)

const change = (post: Post, state: PostState): boolean => {
  const isNew = state.authorId === null
  state.authorId ??= post.authorId
  if (post.action === 'deleted') {
    if (state.deletedAt !== null && state.deletedAt <= post.at) return isNew
    state.deletedAt = post.at
    state.content = null
    return true
  }
  const firstPublished = post.action === 'published' && state.publishedAt === null
  if (firstPublished) state.publishedAt = post.at
  if (state.deletedAt !== null || !supersedes(post, state.content)) return firstPublished
  state.content = contentOf(post)
  return true
}

const PUBLISHED = 1
const DELETED = 2
const CONTENT = 4
const VECTOR = 8
const CONTAINER = 1
const LANGUAGE = 2
const TEXT = 4
const EDITED = 8

const kinds = new Symbols<PostKind>(POST_KINDS)
const audiences = new Symbols<Audience>(AUDIENCES)

const writeContent = (content: StoredContent, writer: ByteWriter): void => {
  const { containerId, language, text } = content
  writer.u8(
    (containerId === null ? 0 : CONTAINER) |
      (language === null ? 0 : LANGUAGE) |
      (text === null ? 0 : TEXT) |
      (content.edited ? EDITED : 0),
  )
  writer.f64(content.at)
  writer.string(content.eventId)
  kinds.write(content.kind, writer)
  audiences.write(content.audience, writer)
  if (containerId !== null) writer.string(containerId)
  if (language !== null) writer.string(language)
  if (text !== null) writer.string(text)
  writeWords(content.hashtags, writer)
  for (const words of content.words) writeWords(words, writer)
  writeWords(content.mentions, writer)
}

const readContent = (reader: ByteReader, vector: Int8Array | null): StoredContent => {
  const flags = reader.u8()
  const at = reader.f64() as Millis
  const eventId = reader.string() as EventId
  const kind = kinds.read(reader)
  const audience = audiences.read(reader)
  const containerId = flags & CONTAINER ? (reader.string() as ContainerId) : null
  const language = flags & LANGUAGE ? reader.string() : null
  const text = flags & TEXT ? reader.string() : null
  const hashtags = readWords(reader) as Hashtag[]
  const words = hashtags.map(() => readWords(reader))
  const mentions = readWords(reader) as UserId[]
  const edited = (flags & EDITED) !== 0
  return {
    at,
    eventId,
    kind,
    audience,
    containerId,
    language,
    text,
    hashtags,
    words,
    mentions,
    edited,
    vector,
  }
}

const readState = (reader: ByteReader): PostState => {
  const flags = reader.u8()
  const vector = flags & VECTOR ? readVector(reader) : null
  return {
    authorId: reader.string() as UserId,
    publishedAt: flags & PUBLISHED ? (reader.f64() as Millis) : null,
    deletedAt: flags & DELETED ? (reader.f64() as Millis) : null,
    content: flags & CONTENT ? readContent(reader, vector) : null,
  }
}

/** The vector lies in front, so that who looks for it alone need read no more. */
const layout: StateLayout<PostState> = {
  version: 2,
  // Version 1 had no vectors: its posts read as saying nothing, until they are edited.
  migrations: { 1: readState },
  create: () => ({ authorId: null, publishedAt: null, deletedAt: null, content: null }),
  read: readState,
  write({ authorId, publishedAt, deletedAt, content }, writer) {
    if (authorId === null) return false
    const vector = content?.vector ?? null
    writer.u8(
      (publishedAt === null ? 0 : PUBLISHED) |
        (deletedAt === null ? 0 : DELETED) |
        (content === null ? 0 : CONTENT) |
        (vector === null ? 0 : VECTOR),
    )
    if (vector !== null) writeVector(vector, writer)
    writer.string(authorId)
    if (publishedAt !== null) writer.f64(publishedAt)
    if (deletedAt !== null) writer.f64(deletedAt)
    if (content !== null) writeContent(content, writer)
    return true
  },
}

/**
 * What each post is now. Among publications and edits the last write wins, by (at, eventId); a deletion wins
 * over all of them whatever the order, and stays as a tombstone. An edit ahead of its publication waits: a
 * post is shown from its first publication on. Index entries are sent whenever one must appear, change or
 * vanish. One row a post, kept for good.
 */
export const postAttributes: Processor<PostState> = {
  name: 'post-attributes',
  about: 'Keeps what each post is, and tells the indexes.',
  state: layout,
  handlers: [
    on({
      input: posts,
      key: (post, key) => key.id(post.postId),
      process(post, state: PostState, context) {
        const before = shown(state)
        if (!change(post, state)) return false
        const after = shown(state)
        if (before === after) return true
        const { postId, at } = post
        announce(
          { postId, authorId: state.authorId!, publishedAt: state.publishedAt!, at },
          before,
          after,
          context,
        )
        return true
      },
    }),
  ],
  outputs: [authorPosts, containerPosts, hourPosts, hashtagPosts, mentionPosts],
}

/** What is known of a post. */
export interface PostAttributes {
  readonly authorId: UserId
  /** Null while only edits or a deletion of it came. */
  readonly publishedAt: Millis | null
  readonly editedAt: Millis | null
  readonly deletedAt: Millis | null
  /** Null once the post is deleted. */
  readonly content: PostContent | null
}

/** The post in a row of `post-attributes`. */
export const readPostAttributes = (row: Buffer): PostAttributes => {
  const { authorId, publishedAt, deletedAt, content } = stateOf(layout, row)
  const editedAt = content?.edited ? content.at : null
  return { authorId: authorId!, publishedAt, editedAt, deletedAt, content: content && plain(content) }
}

/**
 * What ranking needs of the content in a row of `post-attributes`; null without. Reads the row where it lies and passes
 * over the rest: hundreds are asked for.
 */
export const readRankedContent = (buffer: Buffer, start: number, end: number): RankedContent | null => {
  const reader = contentReader.over(buffer, start, end)
  if (reader.u8() !== layout.version) {
    const { content } = readPostAttributes(buffer.subarray(start, end))
    return content && rankedContent(content)
  }
  const flags = reader.u8()
  if (flags & VECTOR) reader.skip(CONTENT_DIMENSIONS)
  reader.skipString()
  if (flags & PUBLISHED) reader.skip(TIME_BYTES)
  if (flags & DELETED) reader.skip(TIME_BYTES)
  return flags & CONTENT ? readRanked(reader) : null
}

export const rankedContent = ({ hashtags, mentions, text }: PostContent): RankedContent => ({
  hashtags,
  mentions,
  textLength: text?.length ?? 0,
})

/**
 * The post in a row of `post-attributes`, as indexes tell of it; null unless it is published and not deleted. Reads
 * the row where it lies and passes over what posts say.
 */
export const readIndexedPost = (
  postId: PostId,
  buffer: Buffer,
  start: number,
  end: number,
): IndexedPost | null => {
  const reader = contentReader.over(buffer, start, end)
  if (reader.u8() !== layout.version)
    return indexedOf(postId, readPostAttributes(buffer.subarray(start, end)))
  const flags = reader.u8()
  if ((flags & (PUBLISHED | CONTENT)) !== (PUBLISHED | CONTENT)) return null
  if (flags & VECTOR) reader.skip(CONTENT_DIMENSIONS)
  const authorId = reader.string() as UserId
  const publishedAt = reader.f64() as Millis
  if (flags & DELETED) reader.f64()
  const { kind, audience, containerId, language } = readPlace(reader, reader.u8())
  return { postId, authorId, publishedAt, kind, audience, containerId, language }
}

const indexedOf = (
  postId: PostId,
  { authorId, publishedAt, content }: PostAttributes,
): IndexedPost | null => {
  if (publishedAt === null || content === null) return null
  const { kind, audience, containerId, language } = content
  return { postId, authorId, publishedAt, kind, audience, containerId, language }
}

/**
 * Where the content vector of a post that is there begins in its row `[start, end)`, as it lies there; −1 for a post
 * that is not there or says nothing. Its `CONTENT_DIMENSIONS` bytes are signed.
 */
export const contentVectorStart = (buffer: Buffer, start: number, end: number): number => {
  const isThere = PUBLISHED | CONTENT | VECTOR
  const hasVector = end - start > 2 && buffer[start] === layout.version
  return hasVector && (buffer[start + 1]! & isThere) === isThere ? start + 2 : -1
}

const contentReader = new ByteReader()
const TIME_BYTES = 8

/** What comes first in a content, by its flags: when and by which event is passed over. */
const readPlace = (
  reader: ByteReader,
  flags: number,
): Pick<PostContent, 'kind' | 'audience' | 'containerId' | 'language'> => {
  reader.f64()
  reader.skipString()
  const kind = kinds.read(reader)
  const audience = audiences.read(reader)
  const containerId = flags & CONTAINER ? (reader.string() as ContainerId) : null
  const language = flags & LANGUAGE ? reader.string() : null
  return { kind, audience, containerId, language }
}

const readRanked = (reader: ByteReader): RankedContent => {
  const flags = reader.u8()
  reader.skip(TIME_BYTES)
  reader.skipString()
  kinds.read(reader)
  audiences.read(reader)
  if (flags & CONTAINER) reader.skipString()
  if (flags & LANGUAGE) reader.skipString()
  const textLength = flags & TEXT ? reader.stringLength() : 0
  const hashtags = readWords(reader) as Hashtag[]
  for (let tag = 0; tag < hashtags.length; tag++) {
    for (let words = reader.varint(); words > 0; words--) reader.skipString()
  }
  const mentions = readWords(reader) as UserId[]
  return { hashtags, mentions, textLength }
}

const plain = (content: StoredContent): PostContent => {
  const { kind, audience, containerId, language, hashtags, mentions, text } = content
  return { kind, audience, containerId, language, hashtags, mentions, text }
}
