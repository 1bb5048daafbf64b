import type { ByteReader, ByteWriter } from '../../engine/bytes.ts'
import type { KeyWriter } from '../../engine/key.ts'
import type { KeySpace, Topic } from '../../engine/topic.ts'
import type { ContainerId, Hashtag, Millis, PostId, UserId } from '../../schemas/ids.ts'
import { AUDIENCES, POST_KINDS, type Audience, type PostKind } from '../../schemas/posts/index.ts'
import { Symbols } from '../symbols.ts'
import { GRACE_MS } from '../topics.ts'
import { type Layout, versionedCodec } from './versioned.ts'

/** What an index tells of a post. */
export interface IndexedPost {
  readonly postId: PostId
  readonly authorId: UserId
  /** Never changes, so a post never moves within an index. */
  readonly publishedAt: Millis
  readonly kind: PostKind
  readonly audience: Audience
  readonly containerId: ContainerId | null
  readonly language: string | null
}

/** An index entry that appears, changes or, when `removed`, vanishes. */
export interface PostEntry extends IndexedPost {
  readonly removed: boolean
  /** When that came to be. */
  readonly at: Millis
}

/** An entry of a hashtag's index, with how the post changes the hashtag's live words. */
export interface HashtagPost extends PostEntry {
  readonly hashtag: Hashtag
  /** Words in the hashtag's letters that the post now uses and did not before. */
  readonly wordsAdded: readonly string[]
  /** Words that the post used before and does no more. */
  readonly wordsTaken: readonly string[]
}

/** An entry of the posts that mention a user. */
export interface MentioningPost extends PostEntry {
  readonly mentionedId: UserId
}

const REMOVED = 1
const CONTAINER = 2
const LANGUAGE = 4

const kinds = new Symbols<PostKind>(POST_KINDS)
const audiences = new Symbols<Audience>(AUDIENCES)

/** Everything of an entry but its identity (postId, publishedAt) and `at`. */
export const writeEntryFacts = (post: IndexedPost, removed: boolean, writer: ByteWriter): void => {
  const { containerId, language } = post
  writer.u8(
    (removed ? REMOVED : 0) | (containerId === null ? 0 : CONTAINER) | (language === null ? 0 : LANGUAGE),
  )
  kinds.write(post.kind, writer)
  audiences.write(post.audience, writer)
  writer.string(post.authorId)
  if (containerId !== null) writer.string(containerId)
  if (language !== null) writer.string(language)
}

/** A post that stands near another, which often shares its words; null when none is known. */
export type Neighbour = Pick<IndexedPost, 'authorId' | 'containerId' | 'language'> | null

/** Null for an entry that is removed. */
export const readEntryFacts = (
  postId: PostId,
  publishedAt: Millis,
  reader: ByteReader,
  neighbour: Neighbour = null,
): IndexedPost | null => {
  const flags = reader.u8()
  return (flags & REMOVED) === 0 ? readPost(postId, publishedAt, flags, reader, neighbour) : null
}

const readPost = (
  postId: PostId,
  publishedAt: Millis,
  flags: number,
  reader: ByteReader,
  neighbour: Neighbour = null,
): IndexedPost => {
  const kind = kinds.read(reader)
  const audience = audiences.read(reader)
  const authorId = reader.stringLike(neighbour?.authorId ?? '') as UserId
  const containerId =
    flags & CONTAINER ? (reader.stringLike(neighbour?.containerId ?? '') as ContainerId) : null
  const language = flags & LANGUAGE ? reader.stringLike(neighbour?.language ?? '') : null
  return { postId, authorId, publishedAt, kind, audience, containerId, language }
}

/** What of a post decides who may see it: one object for all that are read. */
export interface EntryAudience {
  authorId: UserId
  audience: Audience
  containerId: ContainerId | null
}

/** Words that `into` holds already are not made anew. Answers false for an entry that is removed. */
export const readEntryAudience = (reader: ByteReader, into: EntryAudience): boolean => {
  const flags = reader.u8()
  if ((flags & REMOVED) !== 0) return false
  kinds.read(reader)
  into.audience = audiences.read(reader)
  into.authorId = reader.stringLike(into.authorId) as UserId
  into.containerId = flags & CONTAINER ? (reader.stringLike(into.containerId ?? '') as ContainerId) : null
  return true
}

const writeEntry = (entry: PostEntry, writer: ByteWriter): void => {
  writer.string(entry.postId)
  writer.f64(entry.publishedAt)
  writer.f64(entry.at)
  writeEntryFacts(entry, entry.removed, writer)
}

const readEntry = (reader: ByteReader): PostEntry => {
  const postId = reader.string() as PostId
  const publishedAt = reader.f64() as Millis
  const at = reader.f64() as Millis
  const flags = reader.u8()
  const removed = (flags & REMOVED) !== 0
  return { ...readPost(postId, publishedAt, flags, reader), removed, at }
}

export const writeWords = (words: readonly string[], writer: ByteWriter): void => {
  writer.varint(words.length)
  for (const word of words) writer.string(word)
}

export const readWords = (reader: ByteReader): string[] => {
  const words: string[] = []
  for (let left = reader.varint(); left > 0; left--) words.push(reader.string())
  return words
}

const entryLayout: Layout<PostEntry> = { encode: writeEntry, decode: readEntry }

const hashtagLayout: Layout<HashtagPost> = {
  encode(entry, writer) {
    writer.string(entry.hashtag)
    writeWords(entry.wordsAdded, writer)
    writeWords(entry.wordsTaken, writer)
    writeEntry(entry, writer)
  },
  decode(reader) {
    const hashtag = reader.string() as Hashtag
    const wordsAdded = readWords(reader)
    const wordsTaken = readWords(reader)
    return { ...readEntry(reader), hashtag, wordsAdded, wordsTaken }
  },
}

const mentionLayout: Layout<MentioningPost> = {
  encode(entry, writer) {
    writer.string(entry.mentionedId)
    writeEntry(entry, writer)
  },
  decode(reader) {
    const mentionedId = reader.string() as UserId
    return { ...readEntry(reader), mentionedId }
  },
}

/** Of all topics of entries: they share how an entry lies. */
const LAYOUT = 1

const entryTopic = <Entry extends PostEntry>(
  keySpace: KeySpace,
  layout: Layout<Entry>,
  key: (entry: Entry, key: KeyWriter) => void,
  name = `${keySpace}-posts`,
): Topic<Entry> => ({
  name,
  about: `Posts as they appear in, change in and vanish from the index by ${keySpace}.`,
  keySpace,
  graceMs: GRACE_MS,
  isEcho: true,
  visibility: 'internal',
  codec: versionedCodec(name, LAYOUT, layout),
  key,
  time: (entry) => entry.at,
})

/** The hour of a time, UTC, such as `2026-11-22T05`. */
export const hourOf = (at: Millis): string => new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh'.length)

export const authorPosts = entryTopic('author', entryLayout, (entry, key) => {
  key.id(entry.authorId)
})

/** Entries here always name a container. */
export const containerPosts = entryTopic('container', entryLayout, (entry, key) => {
  key.id(entry.containerId!)
})

export const hourPosts = entryTopic('hour', entryLayout, (entry, key) => {
  key.id(hourOf(entry.publishedAt))
})

export const hashtagPosts = entryTopic('hashtag', hashtagLayout, (entry, key) => {
  key.id(entry.hashtag)
})

export const mentionPosts: Topic<MentioningPost> = {
  ...entryTopic(
    'user',
    mentionLayout,
    (entry, key) => {
      key.id(entry.mentionedId)
    },
    'mention-posts',
  ),
  about: 'Posts as they begin to mention a user, change, and mention them no more.',
}
