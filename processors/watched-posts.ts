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
export const WATCHING: readonly ReactionKind[] = ['like', 'comment', 'share', 'save']

/**
 * Header: `f64 time of the last erasure`, 0 for none. Fields: `f64 last seen · u8 flags`, then an `i16` a kind
 * of `WATCHING`: its reactions less those undone.
 */
const HEADER_BYTES = 8
const FIELD_BYTES = 17
const SEEN_AT = FIELDS_AT
const FLAGS_AT = FIELDS_AT + 8
const COUNTS_AT = FIELDS_AT + 9
const NO_REASON = -1
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

const react = (reaction: Reaction, state: IdEntries, context: Context): boolean =>
  watch(
    state,
    reaction.postId,
    reaction.at,
    WATCHING.indexOf(reaction.kind),
    reaction.undo,
    flagsOf(reaction),
    context,
  )

const author = (post: AuthoredPost, state: IdEntries, context: Context): boolean =>
  watch(state, post.postId, post.at, NO_REASON, false, post.deleted ? AUTHORED | DELETED : AUTHORED, context)

/** `reason` is an index of `WATCHING`, or `NO_REASON` for what gives none. */
const watch = (
  state: IdEntries,
  postId: string,
  at: number,
  reason: number,
  undo: boolean,
  flags: number,
  context: Context,
): boolean => {
  if (at <= erasedAt(state)) return false
  const found = state.find(postId)
  if (found === NO_ENTRY && reason === NO_REASON && flags === 0) return false
  const entry = found === NO_ENTRY ? state.add(postId) : found
  const seen = markSeen(state, entry, at, flags)
  if (reason !== NO_REASON) addReason(state, entry, reason, undo ? -1 : 1)
  if (found === NO_ENTRY) return keepNewest(state, entry, context)
  if (hasNoReason(state, entry)) state.remove(entry)
  return seen || reason !== NO_REASON
}

const markSeen = (state: IdEntries, entry: number, at: number, flags: number): boolean => {
  const { view } = state
  const before = view.getUint8(entry + FLAGS_AT)
  const isNewer = at > view.getFloat64(entry + SEEN_AT, true)
  if (isNewer) view.setFloat64(entry + SEEN_AT, at, true)
  view.setUint8(entry + FLAGS_AT, before | flags)
  return isNewer || (before | flags) !== before
}

const countAt = (entry: number, reason: number): number => entry + COUNTS_AT + reason * 2

const addReason = (state: IdEntries, entry: number, reason: number, weight: number): void => {
  const at = countAt(entry, reason)
  state.view.setInt16(at, state.view.getInt16(at, true) + weight, true)
}

const hasNoReason = (state: IdEntries, entry: number): boolean =>
  state.view.getUint8(entry + FLAGS_AT) === 0 &&
  WATCHING.every((_, reason) => state.view.getInt16(countAt(entry, reason), true) === 0)

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
  return (
    (flags & AUTHORED) !== 0 ||
    WATCHING.some((_, reason) => state.view.getInt16(countAt(entry, reason), true) > 0)
  )
}
