import type { Millis } from '../schemas/ids.ts'
import { readCarriedPosts } from '../processors/carried-posts.ts'
import { readCommentCount } from '../processors/comments.ts'
import { readConnections } from '../processors/connections/index.ts'
import { readExperimentTotals } from '../processors/experiments/totals.ts'
import { readFollowers } from '../processors/followers.ts'
import { readHashtagWords } from '../processors/hashtag-words.ts'
import { HiddenPosts } from '../processors/hidden-posts.ts'
import { readIntegrity } from '../processors/integrity.ts'
import { readPostAttributes } from '../processors/post-attributes.ts'
import { readPosts } from '../processors/post-index.ts'
import { readProfileRow } from '../processors/profiles.ts'
import { readUserCountry } from '../processors/reaction-routing.ts'
import { readSeeLess } from '../processors/see-less.ts'
import { readLastLogin, readSeenRecent } from '../processors/seen.ts'
import { readTouchedAuthors } from '../processors/touched-authors.ts'
import { readUserTaste } from '../processors/user-taste.ts'
import { readWatchedPosts } from '../processors/watched-posts.ts'
import { views } from '../topologies/index.ts'
import { type Plain, plainOf } from './inspect/plain.ts'

/** Reads a stored row, version byte included, for people. */
export type Decoder = (row: Buffer, asOf: Millis) => unknown

const DECODERS: Readonly<Record<string, Decoder>> = {
  'carried-posts': readCarriedPosts,
  comments: (row) => ({ comments: readCommentCount(row) }),
  connections: readConnections,
  'experiment-totals': readExperimentTotals,
  followers: (row) => ({ followers: readFollowers(row) }),
  'hashtag-words': readHashtagWords,
  'hidden-posts': (row) => ({ posts: new HiddenPosts(row).size }),
  integrity: readIntegrity,
  mentions: (row) => readPosts(row),
  'post-attributes': readPostAttributes,
  'posts-by-author': (row) => readPosts(row),
  'posts-by-container': (row) => readPosts(row),
  'posts-by-hashtag': (row) => readPosts(row),
  'posts-by-hour': (row) => readPosts(row),
  profiles: readProfileRow,
  'reaction-routing': (row) => ({ country: readUserCountry(row) }),
  'see-less': readSeeLess,
  seen: (row) => ({ ...readLastLogin(row), postsKeptExactly: readSeenRecent(row).size }),
  'touched-authors': readTouchedAuthors,
  'user-taste': readUserTaste,
  'watched-posts': readWatchedPosts,
}

/** Whether rows of the store are told in words. */
export const isDecoded = (store: string): boolean => views.has(store) || Object.hasOwn(DECODERS, store)

/** The row as its store's own reader, or the view's columns as of a time, tell it; hex where there is none. */
export const decodeRow = (store: string, row: Buffer, asOf: Millis): Plain => {
  const view = views.get(store)
  if (view !== undefined && row[0] === view.version) return plainOf(view.describe(row.subarray(1), asOf))
  const decoder = Object.hasOwn(DECODERS, store) ? DECODERS[store] : undefined
  return plainOf(decoder === undefined ? { hex: row } : decoder(row, asOf))
}
