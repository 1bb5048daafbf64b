import type { Context } from '../engine/processor.ts'
import type { ContainerId, Hashtag, Millis, PostId, UserId } from '../schemas/ids.ts'
import type { Audience, PostKind } from '../schemas/posts/index.ts'
import {
  authorPosts,
  containerPosts,
  hashtagPosts,
  hourPosts,
  mentionPosts,
  type PostEntry,
} from './topics/post-entry.ts'

/** What indexes show of a post's content, and where. */
interface Listed {
  readonly kind: PostKind
  readonly audience: Audience
  readonly containerId: ContainerId | null
  readonly language: string | null
  readonly hashtags: readonly Hashtag[]
  /** For each hashtag, the words that the post gives it. */
  readonly words: readonly (readonly string[])[]
  readonly mentions: readonly UserId[]
}

/** What never changes of the post, and when it was changed. */
interface Identity {
  readonly postId: PostId
  readonly authorId: UserId
  readonly publishedAt: Millis
  readonly at: Millis
}

/** Sends each index what it must know of a post that was listed as `before` and is now listed as `after`. */
export const announce = (
  post: Identity,
  before: Listed | null,
  after: Listed | null,
  context: Context,
): void => {
  const old = before && entryOf(post, before, true)
  const entry = after && entryOf(post, after, false)
  const changed = entry !== null && (before === null || showsOther(before, after!))
  const inPlace = changed ? entry : entry === null ? old : null
  if (inPlace !== null) {
    context.emit(authorPosts, inPlace)
    context.emit(hourPosts, inPlace)
  }
  announceContainer(old, entry, changed, context)
  announceHashtags(old, entry, changed, before, after, context)
  announceMentions(old, entry, changed, before, after, context)
}

const entryOf = (post: Identity, listed: Listed, removed: boolean): PostEntry => {
  const { postId, authorId, publishedAt, at } = post
  const { kind, audience, containerId, language } = listed
  return { postId, authorId, publishedAt, kind, audience, containerId, language, removed, at }
}

const showsOther = (before: Listed, after: Listed): boolean =>
  before.kind !== after.kind ||
  before.audience !== after.audience ||
  before.containerId !== after.containerId ||
  before.language !== after.language

const announceContainer = (
  old: PostEntry | null,
  entry: PostEntry | null,
  changed: boolean,
  context: Context,
): void => {
  const from = old?.containerId ?? null
  const to = entry?.containerId ?? null
  if (from !== null && from !== to) context.emit(containerPosts, old!)
  if (to !== null && changed) context.emit(containerPosts, entry!)
}

const announceHashtags = (
  old: PostEntry | null,
  entry: PostEntry | null,
  changed: boolean,
  before: Listed | null,
  after: Listed | null,
  context: Context,
): void => {
  const hadWords = wordsByHashtag(before)
  const hasWords = wordsByHashtag(after)
  for (const [hashtag, wordsTaken] of hadWords) {
    if (!hasWords.has(hashtag)) context.emit(hashtagPosts, { ...old!, hashtag, wordsAdded: [], wordsTaken })
  }
  for (const [hashtag, words] of hasWords) {
    const had = hadWords.get(hashtag)
    const wordsAdded = had === undefined ? words : words.filter((word) => !had.includes(word))
    const wordsTaken = had === undefined ? [] : had.filter((word) => !words.includes(word))
    if (!changed && had !== undefined && wordsAdded.length + wordsTaken.length === 0) continue
    context.emit(hashtagPosts, { ...entry!, hashtag, wordsAdded, wordsTaken })
  }
}

const wordsByHashtag = (listed: Listed | null): ReadonlyMap<Hashtag, readonly string[]> =>
  new Map(listed?.hashtags.map((hashtag, index) => [hashtag, listed.words[index]!]))

const announceMentions = (
  old: PostEntry | null,
  entry: PostEntry | null,
  changed: boolean,
  before: Listed | null,
  after: Listed | null,
  context: Context,
): void => {
  const had = new Set(before?.mentions)
  const has = new Set(after?.mentions)
  for (const mentionedId of had) {
    if (!has.has(mentionedId)) context.emit(mentionPosts, { ...old!, mentionedId })
  }
  for (const mentionedId of has) {
    if (changed || !had.has(mentionedId)) context.emit(mentionPosts, { ...entry!, mentionedId })
  }
}
