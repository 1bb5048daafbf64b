import { type Millis, millis } from '../schemas/ids.ts'
import { readCarriedPosts } from '../processors/carried-posts.ts'
import { readCommentCount } from '../processors/comments.ts'
import { readConnections } from '../processors/connections/index.ts'
import { rounded } from '../processors/experiments/measures.ts'
import { readExperimentSlate } from '../processors/experiments/slates.ts'
import { readExperimentTotals } from '../processors/experiments/totals.ts'
import { readExperimentUser } from '../processors/experiments/users.ts'
import { readFollowers } from '../processors/followers.ts'
import { readGivenReactions } from '../processors/given-reactions.ts'
import { readHashtagWords } from '../processors/hashtag-words.ts'
import { HiddenPosts } from '../processors/hidden-posts.ts'
import { readIntegrity } from '../processors/integrity.ts'
import { readSlateLabels } from '../processors/label-join/labels-row.ts'
import { readPendingSlates } from '../processors/label-join/pending-slates.ts'
import { readSlate } from '../processors/label-join/slate-row.ts'
import { readPostAttributes } from '../processors/post-attributes.ts'
import { readPosts } from '../processors/post-index.ts'
import { readJoinedPost } from '../processors/post-join.ts'
import { readProfileRow } from '../processors/profiles.ts'
import { readUserCountry } from '../processors/reaction-routing.ts'
import { readSeeLess } from '../processors/see-less.ts'
import { readSeenFilter } from '../processors/seen-filter.ts'
import { readLastLogin, readSeenRecent } from '../processors/seen.ts'
import { readTouchedAuthors } from '../processors/touched-authors.ts'
import { readUserTaste, tasteKnownUntil } from '../processors/user-taste.ts'
import { readWatchedPosts } from '../processors/watched-posts.ts'
import { views } from '../topologies/index.ts'
import { type Plain, plainOf } from './inspect/plain.ts'

/** Reads a stored row, version byte included, for people. */
type Decoder = (row: Buffer) => unknown

const DECODERS: Readonly<Record<string, Decoder>> = {
  'carried-posts': readCarriedPosts,
  comments: (row) => ({ comments: readCommentCount(row) }),
  connections: readConnections,
  'experiment-slates': readExperimentSlate,
  'experiment-totals': (row) => rounded(readExperimentTotals(row)),
  'experiment-users': readExperimentUser,
  followers: (row) => ({ followers: readFollowers(row) }),
  'given-reactions': readGivenReactions,
  'hashtag-words': readHashtagWords,
  'hidden-posts': (row) => ({ posts: new HiddenPosts(row).size }),
  integrity: readIntegrity,
  'label-index': readPendingSlates,
  'label-join': readSlateLabels,
  'label-slates': readSlate,
  mentions: (row) => readPosts(row),
  'post-attributes': readPostAttributes,
  'post-join': readJoinedPost,
  'posts-by-author': (row) => readPosts(row),
  'posts-by-container': (row) => readPosts(row),
  'posts-by-hashtag': (row) => readPosts(row),
  'posts-by-hour': (row) => readPosts(row),
  profiles: readProfileRow,
  'reaction-routing': (row) => ({ country: readUserCountry(row) }),
  'see-less': readSeeLess,
  'seen-filter': readSeenFilter,
  seen: (row) => ({ ...readLastLogin(row), postsKeptExactly: readSeenRecent(row).size }),
  'touched-authors': readTouchedAuthors,
  'watched-posts': readWatchedPosts,
}

/** Reads a row that means another thing at another time. `newest`: no event that it knows of is later; −1 for none. */
interface TimedDecoder {
  readonly newest: (row: Buffer) => number
  readonly read: (row: Buffer, asOf: Millis) => unknown
}

const USER_TASTE: TimedDecoder = { newest: tasteKnownUntil, read: readUserTaste }

const VERSION_BYTES = 1

const timedDecoder = (store: string, row: Buffer): TimedDecoder | undefined => {
  if (store === 'user-taste') return USER_TASTE
  const view = views.get(store)
  if (view === undefined || row[0] !== view.version) return undefined
  return {
    newest: (stored) => view.newest(stored, VERSION_BYTES, stored.length),
    read: (stored, asOf) => view.describe(stored.subarray(VERSION_BYTES), asOf),
  }
}

/** Whether rows of the store are told in words. */
export const isDecoded = (store: string): boolean =>
  views.has(store) || store === 'user-taste' || Object.hasOwn(DECODERS, store)

export interface DecodedRow {
  /** The time that the value is read as of; null where it hangs on none. */
  readonly asOf: number | null
  readonly value: Plain
}

/**
 * The row as its store's own reader tells it; hex where there is none. What fades or slides is read as of a time, the
 * row's newest event where none is given, though not later than now: as of now, a row of replayed history would read as
 * never seen.
 */
export const decodeRow = (store: string, row: Buffer, asOf: number | null, now: Millis): DecodedRow => {
  const timed = timedDecoder(store, row)
  if (timed !== undefined) {
    const at = millis(asOf ?? Math.min(now, Math.max(0, timed.newest(row))))
    return { asOf: at, value: plainOf(timed.read(row, at)) }
  }
  const decoder = Object.hasOwn(DECODERS, store) ? DECODERS[store] : undefined
  return { asOf: null, value: plainOf(decoder === undefined ? { hex: row } : decoder(row)) }
}
