import { on, type Context, type Processor } from '../engine/processor.ts'
import { type Millis, millis, MINUTE_MS, type PostId } from '../schemas/ids.ts'
import type { CarriedPost, Impression } from '../schemas/impressions/index.ts'
import {
  entryTime,
  ERASABLE_HEADER_BYTES,
  erasableLayout,
  erasedAt,
  erasuresOfUser,
  forgetErasure,
} from './erasable-entries.ts'
import { IdEntries, NO_ENTRY } from './id-entries.ts'
import { rowReader } from './rows.ts'
import { SESSION_GAP_MINUTES } from './seen.ts'
import { impressions } from './topics.ts'

/** Posts carried over for a user: those ranked last. Two full slates of them. */
export const CARRIED_POSTS_MAX = 400

/** Slates closer to each other than this are of one session: pages of it, or a reload. */
const SESSION_GAP_MS = SESSION_GAP_MINUTES * MINUTE_MS

/**
 * Header: `f64 time of the last erasure`, 0 for none. Fields: `f64 time of the last slate that carried it ·
 * f32 score in it · u16 sessions that carried it`.
 */
const FIELD_BYTES = 14
const SCORE_AT = 8
const TIMES_AT = 12
const TIMES_MAX = 0xffff

const row = new IdEntries(ERASABLE_HEADER_BYTES, FIELD_BYTES)
const layout = erasableLayout(row)

const scoreAt = (state: IdEntries, entry: number): number =>
  state.bytes.readFloatLE(state.fieldsAt(entry) + SCORE_AT)
const timesAt = (state: IdEntries, entry: number): number =>
  state.bytes.readUInt16LE(state.fieldsAt(entry) + TIMES_AT)

const serve = ({ at, candidates, carried }: Impression, state: IdEntries, context: Context): boolean => {
  if (at <= erasedAt(state)) return false
  let changed = false
  for (const { postId } of candidates) if (leave(state, postId, at)) changed = true
  for (const post of carried) if (carry(state, post, at)) changed = true
  while (state.count > CARRIED_POSTS_MAX) {
    state.remove(oldestOf(state))
    context.count('carried_posts.dropped')
  }
  return changed
}

/** What was shown is carried no longer, until a later slate passes it over again. */
const leave = (state: IdEntries, postId: PostId, at: Millis): boolean => {
  const entry = state.find(postId)
  if (entry === NO_ENTRY || entryTime(state, entry) > at) return false
  state.remove(entry)
  return true
}

const carry = (state: IdEntries, { postId, score }: CarriedPost, at: Millis): boolean => {
  const found = state.find(postId)
  const before = found === NO_ENTRY ? -Infinity : entryTime(state, found)
  if (at < before) return false
  const entry = found === NO_ENTRY ? state.add(postId) : found
  const isOtherSession = at - before > SESSION_GAP_MS
  const times = Math.min(TIMES_MAX, timesAt(state, entry) + (isOtherSession ? 1 : 0))
  const bytes = state.own()
  const fields = state.fieldsAt(entry)
  bytes.writeDoubleLE(at, fields)
  bytes.writeFloatLE(score, fields + SCORE_AT)
  bytes.writeUInt16LE(times, fields + TIMES_AT)
  return true
}

/** The entry of the oldest slate; of one slate, that of the lowest score. */
const oldestOf = (state: IdEntries): number => {
  let oldest = 0
  for (let entry = 1; entry < state.count; entry++) if (isOlder(state, entry, oldest)) oldest = entry
  return oldest
}

const isOlder = (state: IdEntries, one: number, other: number): boolean => {
  const difference =
    entryTime(state, one) - entryTime(state, other) || scoreAt(state, one) - scoreAt(state, other)
  return difference < 0 || (difference === 0 && state.hash(one) < state.hash(other))
}

/**
 * Posts that were ranked for a user and passed over, until a later slate shows them. A post that was shown and
 * not looked at may be ranked again, and is carried again where it is passed over then: to be carried is not to
 * have never been shown. Posts that the user saw are left to whoever reads this, for `seen` knows them: so the row
 * follows slates alone, and does not hang on how reactions interleave with them.
 */
export const carriedPosts: Processor<IdEntries> = {
  name: 'carried-posts',
  about: 'Posts that were ranked for a user and passed over since they were last shown, if ever.',
  state: layout,
  handlers: [
    on({
      input: impressions,
      key: (impression, key) => key.id(impression.userId),
      process: serve,
    }),
    erasuresOfUser,
  ],
  outputs: [],
  onTimer: (at, _key, state) => forgetErasure(at, state),
}

export interface CarriedOver {
  readonly postId: PostId
  /** The last slate that ranked it and passed it over. */
  readonly carriedAt: Millis
  /** The score it had there. */
  readonly score: number
  /** Sessions that did, since one last showed it. */
  readonly times: number
}

/** Carried posts in a stored row: of the last slate first, and the best first within a slate. */
export const readCarriedPosts = (stored: Buffer): CarriedOver[] => {
  const state = new IdEntries(ERASABLE_HEADER_BYTES, FIELD_BYTES).load(rowReader(layout, stored))
  const carried: CarriedOver[] = []
  for (let entry = 0; entry < state.count; entry++) {
    carried.push({
      postId: state.id(entry) as PostId,
      carriedAt: millis(entryTime(state, entry)),
      score: scoreAt(state, entry),
      times: timesAt(state, entry),
    })
  }
  return carried.sort(
    (one, other) =>
      other.carriedAt - one.carriedAt || other.score - one.score || (one.postId < other.postId ? -1 : 1),
  )
}
