import { on, type Context, type Processor } from '../engine/processor.ts'
import { type Millis, millis, type PostId } from '../schemas/ids.ts'
import type { Reaction, ReactionKind } from '../schemas/reactions/index.ts'
import {
  entryTime,
  ERASABLE_HEADER_BYTES,
  erasableLayout,
  erasedAt,
  erasuresOfUser,
  forgetErasure,
  keepNewest,
  oldestOf,
} from './erasable-entries.ts'
import { IdEntries, NO_ENTRY } from './id-entries.ts'
import { rowReader } from './rows.ts'
import { reactions } from './topics.ts'

/** Posts that a user only opened: many are, so the last ones may not crowd out what they took to. */
export const OPENED_POSTS_MAX = 32
/** Posts watched for a user: those they came back to last. */
export const WATCHED_POSTS_MAX = 128 + OPENED_POSTS_MAX

/**
 * Reactions after which a user cares what is said under a post. Having written it is another reason, and having opened
 * it; a passing look is none, for a feed would bring back whatever it once showed.
 */
export const WATCHING: readonly ReactionKind[] = ['like', 'comment', 'share', 'save']

/**
 * Header: `f64 time of the last erasure`, 0 for none. Fields: `f64 last seen · u8 flags`, then an `i16` a kind
 * of `WATCHING`: its reactions less those undone, as far as an `i16` reaches.
 */
const FIELD_BYTES = 17
const FLAGS_AT = 8
const COUNTS_AT = 9
const COUNT_MAX = 2 ** 15 - 1
const NO_REASON = -1
const AUTHORED = 1
/** Opened, and not to be taken back: what was read was read. */
const OPENED = 2

const row = new IdEntries(ERASABLE_HEADER_BYTES, FIELD_BYTES)
const layout = erasableLayout(row)

const flagsAt = (state: IdEntries, entry: number): number => state.bytes[state.fieldsAt(entry) + FLAGS_AT]!
const countAt = (state: IdEntries, entry: number, reason: number): number =>
  state.bytes.readInt16LE(state.fieldsAt(entry) + COUNTS_AT + reason * 2)

const flagsOf = ({ authorId, userId, kind, undo }: Reaction): number =>
  (authorId === userId ? AUTHORED : 0) | (kind === 'click' && !undo ? OPENED : 0)

const watch = (reaction: Reaction, state: IdEntries, context: Context): boolean => {
  const { postId, at, kind, undo } = reaction
  if (at <= erasedAt(state)) return false
  const reason = WATCHING.indexOf(kind)
  const flags = flagsOf(reaction)
  const found = state.find(postId)
  if (found === NO_ENTRY && reason === NO_REASON && flags === 0) return false
  const entry = found === NO_ENTRY ? state.add(postId) : found
  const seen = markSeen(state, entry, at, flags)
  if (reason !== NO_REASON) addReason(state, entry, reason, undo ? -1 : 1)
  if (found === NO_ENTRY) return hasRoom(state, entry, context)
  if (hasNoReason(state, entry)) state.remove(entry)
  return seen || reason !== NO_REASON
}

/** Drops what is too much; answers whether the entry that was added stayed. */
const hasRoom = (state: IdEntries, added: number, context: Context): boolean => {
  if (isOnlyOpened(state, added) && openedCount(state) > OPENED_POSTS_MAX) {
    const oldest = oldestOf(state, isOnlyOpened)
    state.remove(oldest)
    context.count('watched_posts.opened_dropped')
    return oldest !== added
  }
  return keepNewest(state, added, WATCHED_POSTS_MAX, context, 'watched_posts.dropped')
}

const isOnlyOpened = (state: IdEntries, entry: number): boolean =>
  flagsAt(state, entry) === OPENED && !hasPositive(state, entry)

const openedCount = (state: IdEntries): number => {
  let count = 0
  for (let entry = 0; entry < state.count; entry++) if (isOnlyOpened(state, entry)) count++
  return count
}

const markSeen = (state: IdEntries, entry: number, at: number, flags: number): boolean => {
  const before = flagsAt(state, entry)
  const isNewer = at > entryTime(state, entry)
  if (isNewer) state.own().writeDoubleLE(at, state.fieldsAt(entry))
  if ((before | flags) === before) return isNewer
  state.own().writeUInt8(before | flags, state.fieldsAt(entry) + FLAGS_AT)
  return true
}

const addReason = (state: IdEntries, entry: number, reason: number, weight: number): void => {
  const count = Math.max(-COUNT_MAX, Math.min(COUNT_MAX, countAt(state, entry, reason) + weight))
  state.own().writeInt16LE(count, state.fieldsAt(entry) + COUNTS_AT + reason * 2)
}

const hasNoReason = (state: IdEntries, entry: number): boolean =>
  flagsAt(state, entry) === 0 && WATCHING.every((_, reason) => countAt(state, entry, reason) === 0)

/**
 * Posts whose comments a user cares about: those they liked, commented on, saved or shared, the last that they opened,
 * and their own once they came back to them. With the comments of a post, the last time it was seen says what is new to them. A
 * post is watched until every reason is undone, which an opening never is, or others were seen since. Any reaction to a watched post,
 * even an undo, moves the time it was last seen; one that comes before the post is watched does not.
 *
 * Only reactions feed it: what a full row drops hangs on the order of what comes, and the order of one
 * user's reactions is the log's. Posts that their author never came back to are found by author in the index.
 */
export const watchedPosts: Processor<IdEntries> = {
  name: 'watched-posts',
  about: 'Posts whose comments a user cares about, with when they last saw them.',
  state: layout,
  handlers: [
    on({
      input: reactions,
      key: (reaction, key) => reaction.userId !== null && key.id(reaction.userId),
      process: watch,
    }),
    erasuresOfUser,
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
  const state = new IdEntries(ERASABLE_HEADER_BYTES, FIELD_BYTES).load(rowReader(layout, stored))
  const watched: WatchedPost[] = []
  for (let entry = 0; entry < state.count; entry++) {
    if (!isWatched(state, entry)) continue
    watched.push({ postId: state.id(entry) as PostId, lastSeenAt: millis(entryTime(state, entry)) })
  }
  return watched.sort(
    (one, other) => other.lastSeenAt - one.lastSeenAt || (one.postId < other.postId ? -1 : 1),
  )
}

const isWatched = (state: IdEntries, entry: number): boolean =>
  flagsAt(state, entry) !== 0 || hasPositive(state, entry)

const hasPositive = (state: IdEntries, entry: number): boolean =>
  WATCHING.some((_, reason) => countAt(state, entry, reason) > 0)
