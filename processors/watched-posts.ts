import { on, type Context, type Processor, type StateLayout } from '../engine/processor.ts'
import { type Millis, millis, type PostId } from '../schemas/ids.ts'
import type { Reaction, ReactionKind } from '../schemas/reactions/index.ts'
import { ERASURE_MEMORY_MS } from './erasure.ts'
import { FIELDS_AT, IdEntries, NO_ENTRY } from './id-entries.ts'
import { rowReader } from './rows.ts'
import { erasures, reactions } from './topics.ts'
import { type AuthoredPost, authoredPosts } from './topics/authored-posts.ts'

/** Posts watched for a user: those they came back to last. */
export const WATCHED_POSTS_MAX = 128

/** Reactions after which a user cares what is said under a post. Writing it is another reason. */
export const WATCHING: ReadonlySet<ReactionKind> = new Set<ReactionKind>(['like', 'comment', 'share', 'save'])

/**
 * Header: `f64 time of the last erasure`, 0 for none. Fields: `f64 last seen · i32 watching reactions less
 * those undone · u8 flags`.
 */
const HEADER_BYTES = 8
const FIELD_BYTES = 13
const SEEN_AT = FIELDS_AT
const COUNT_AT = FIELDS_AT + 8
const FLAGS_AT = FIELDS_AT + 12
const AUTHORED = 1
/** Stays set: a deletion that overtakes its post still holds when the post comes. */
const DELETED = 2

const row = new IdEntries(HEADER_BYTES, FIELD_BYTES)

const layout: StateLayout<IdEntries> = {
  version: 1,
  create: () => row.clear(),
  read: (reader) => row.load(reader),
  write: (state, writer) => {
    if (state.isEmpty && erasedAt(state) === 0) return false
    state.save(writer)
    return true
  },
}

const erasedAt = (state: IdEntries): number => state.view.getFloat64(0, true)

/** The author's own reaction says that they are the author, in case it overtakes the post's record. */
const flagsOf = (reaction: Reaction): number => (reaction.authorId === reaction.userId ? AUTHORED : 0)

const weightOf = (reaction: Reaction): number => {
  if (!WATCHING.has(reaction.kind)) return 0
  return reaction.undo ? -1 : 1
}

const react = (reaction: Reaction, state: IdEntries, context: Context): boolean =>
  watch(state, reaction.postId, reaction.at, weightOf(reaction), flagsOf(reaction), context)

const author = (post: AuthoredPost, state: IdEntries, context: Context): boolean =>
  watch(state, post.postId, post.at, 0, post.deleted ? AUTHORED | DELETED : AUTHORED, context)

const watch = (
  state: IdEntries,
  postId: string,
  at: number,
  weight: number,
  flags: number,
  context: Context,
): boolean => {
  if (at <= erasedAt(state)) return false
  const found = state.find(postId)
  if (found !== NO_ENTRY) return update(state, found, at, weight, flags)
  if (weight === 0 && flags === 0) return false
  const entry = state.add(postId)
  update(state, entry, at, weight, flags)
  return keepNewest(state, entry, context)
}

const update = (state: IdEntries, entry: number, at: number, weight: number, flags: number): boolean => {
  const { view } = state
  const seenBefore = view.getFloat64(entry + SEEN_AT, true)
  const flagsBefore = view.getUint8(entry + FLAGS_AT)
  const count = view.getInt32(entry + COUNT_AT, true) + weight
  if (at <= seenBefore && weight === 0 && (flagsBefore | flags) === flagsBefore) return false
  if (count === 0 && (flagsBefore | flags) === 0) {
    state.remove(entry)
    return true
  }
  if (at > seenBefore) view.setFloat64(entry + SEEN_AT, at, true)
  view.setInt32(entry + COUNT_AT, count, true)
  view.setUint8(entry + FLAGS_AT, flagsBefore | flags)
  return true
}

/** Drops the entry seen longest ago if there are too many; answers whether the new one stayed. */
const keepNewest = (state: IdEntries, added: number, context: Context): boolean => {
  let count = 0
  let oldest = state.first
  for (let entry = state.first; entry < state.end; entry = state.next(entry)) {
    count++
    if (isOlder(state, entry, oldest)) oldest = entry
  }
  if (count <= WATCHED_POSTS_MAX) return true
  state.remove(oldest)
  context.count('watched_posts.dropped')
  return oldest !== added
}

const isOlder = (state: IdEntries, one: number, other: number): boolean => {
  const oneSeen = state.view.getFloat64(one + SEEN_AT, true)
  const otherSeen = state.view.getFloat64(other + SEEN_AT, true)
  return oneSeen < otherSeen || (oneSeen === otherSeen && state.hash(one) < state.hash(other))
}

const erase = (at: Millis, state: IdEntries, context: Context): boolean => {
  if (at <= erasedAt(state)) return false
  for (let entry = state.first; entry < state.end;) {
    if (state.view.getFloat64(entry + SEEN_AT, true) <= at) state.remove(entry)
    else entry = state.next(entry)
  }
  state.view.setFloat64(0, at, true)
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

const forgetErasure = (at: Millis, state: IdEntries): boolean => {
  const erased = erasedAt(state)
  if (erased === 0 || erased > at - ERASURE_MEMORY_MS) return false
  state.view.setFloat64(0, 0, true)
  return true
}

/**
 * Posts whose comments a user cares about: those they wrote, liked, commented on, saved or shared. With the
 * comments of a post, the last time it was seen says what is new to them. A post is watched until every
 * reason is undone, or it is deleted, or others were seen since. Any reaction to a watched post, even an
 * undo, moves the time it was last seen; one that comes before the post is watched does not.
 */
export const watchedPosts: Processor<IdEntries> = {
  name: 'watched-posts',
  about: 'Posts whose comments a user cares about, with when they last saw them.',
  state: layout,
  handlers: [
    on({
      input: reactions,
      key: (reaction, key) => reaction.userId !== null && key.id(reaction.userId),
      process: react,
    }),
    on({ input: authoredPosts, key: (post, key) => key.id(post.userId), process: author }),
    on({
      input: erasures,
      key: (erasure, key) => key.id(erasure.userId),
      process: (erasure, state, context) => erase(erasure.at, state, context),
    }),
  ],
  outputs: [],
  onTimer: (at, _key, state) => forgetErasure(at, state),
}

export interface WatchedPost {
  readonly postId: PostId
  readonly lastSeenAt: Millis
}

/** Watched posts in a stored row, last seen first. */
export const readWatchedPosts = (stored: Buffer): WatchedPost[] => {
  const state = new IdEntries(HEADER_BYTES, FIELD_BYTES).load(rowReader(layout, stored))
  const watched: WatchedPost[] = []
  for (let entry = state.first; entry < state.end; entry = state.next(entry)) {
    if (!isWatched(state, entry)) continue
    const lastSeenAt = millis(state.view.getFloat64(entry + SEEN_AT, true))
    watched.push({ postId: state.id(entry) as PostId, lastSeenAt })
  }
  return watched.sort(
    (one, other) => other.lastSeenAt - one.lastSeenAt || (one.postId < other.postId ? -1 : 1),
  )
}

const isWatched = (state: IdEntries, entry: number): boolean => {
  const flags = state.view.getUint8(entry + FLAGS_AT)
  if ((flags & DELETED) !== 0) return false
  return (flags & AUTHORED) !== 0 || state.view.getInt32(entry + COUNT_AT, true) > 0
}
