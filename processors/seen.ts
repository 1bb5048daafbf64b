import { type ByteReader, type ByteWriter, copyBytes } from '../engine/bytes.ts'
import { on, type Context, type Processor, type StateLayout } from '../engine/processor.ts'
import { type Millis, millis, MINUTE_MS, type UserId } from '../schemas/ids.ts'
import type { Reaction } from '../schemas/reactions/index.ts'
import { ERASURE_MEMORY_MS } from './erasure.ts'
import { Fingerprint } from './fingerprint.ts'
import { rowReader } from './rows.ts'
import { erasures, reactions } from './topics.ts'
import { seenOverflow } from './topics/seen-overflow.ts'

/** A user who did nothing for longer than this has left; what they do next begins a session. */
export const SESSION_GAP_MINUTES = 30

/** Posts handed to the filter at once. */
export const SEEN_OVERFLOW_POSTS = 24
/** Seen posts that are not in the filter yet; at this number the oldest of them are handed over. */
export const SEEN_UNFILTERED_MAX = 56
/** Seen posts kept exactly, those on their way to the filter included: a row is at most 977 bytes. */
export const SEEN_RECENT_MAX = SEEN_UNFILTERED_MAX + SEEN_OVERFLOW_POSTS

/** `u32 low · u32 high` half of the post's fingerprint, `u32 minute` when it was seen last. */
export const SEEN_ENTRY_BYTES = 12
const LOW_AT = 0
const HIGH_AT = 4
export const SEEN_MINUTE_AT = 8

/**
 * Header, all minutes 0 for none: `u32 last erasure · u32 start of the session · u32 last activity · u32 last
 * activity before the session · u8 entries already handed over`; these are the first ones.
 */
const ERASED_AT = 0
const SESSION_START_AT = 4
const ACTIVE_AT = 8
const ACTIVE_BEFORE_AT = 12
const HANDED_AT = 16
const HEADER_BYTES = 17
const ROW_BYTES_MAX = HEADER_BYTES + SEEN_RECENT_MAX * SEEN_ENTRY_BYTES
const NO_ENTRY = -1

/** The row's bytes as one reused handle: nothing is made per reaction. */
class SeenRow {
  readonly bytes = Buffer.alloc(ROW_BYTES_MAX)
  readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)
  end = HEADER_BYTES

  clear(): this {
    for (let at = 0; at < HEADER_BYTES; at++) this.bytes[at] = 0
    this.end = HEADER_BYTES
    return this
  }

  load(reader: ByteReader): this {
    this.end = reader.left
    copyBytes(reader.buffer, reader.position, reader.end, this.bytes, 0)
    return this
  }

  save(writer: ByteWriter): boolean {
    if (this.end === HEADER_BYTES && this.minute(ACTIVE_AT) === 0 && this.minute(ERASED_AT) === 0)
      return false
    writer.bytes(this.bytes, 0, this.end)
    return true
  }

  minute(at: number): number {
    return this.view.getUint32(at, true)
  }

  setMinute(at: number, minute: number): void {
    this.view.setUint32(at, minute, true)
  }

  get entries(): number {
    return (this.end - HEADER_BYTES) / SEEN_ENTRY_BYTES
  }

  /** Offset of the entry; `NO_ENTRY` when there is none. Newest first, for that is where most are found. */
  find({ low, high }: Fingerprint): number {
    const view = this.view
    for (let entry = this.end - SEEN_ENTRY_BYTES; entry >= HEADER_BYTES; entry -= SEEN_ENTRY_BYTES) {
      if (view.getUint32(entry, true) === low && view.getUint32(entry + HIGH_AT, true) === high) return entry
    }
    return NO_ENTRY
  }

  add({ low, high }: Fingerprint, minute: number): void {
    const entry = this.end
    this.view.setUint32(entry + LOW_AT, low, true)
    this.view.setUint32(entry + HIGH_AT, high, true)
    this.view.setUint32(entry + SEEN_MINUTE_AT, minute, true)
    this.end += SEEN_ENTRY_BYTES
  }

  removeFirst(entries: number): void {
    const bytes = entries * SEEN_ENTRY_BYTES
    this.bytes.copyWithin(HEADER_BYTES, HEADER_BYTES + bytes, this.end)
    this.end -= bytes
  }

  removeAt(entry: number): void {
    this.bytes.copyWithin(entry, entry + SEEN_ENTRY_BYTES, this.end)
    this.end -= SEEN_ENTRY_BYTES
  }
}

const row = new SeenRow()
const post = new Fingerprint()

const layout: StateLayout<SeenRow> = {
  version: 1,
  create: () => row.clear(),
  read: (reader) => row.load(reader),
  write: (state, writer) => state.save(writer),
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS)

const see = (reaction: Reaction, state: SeenRow, context: Context): boolean => {
  const minute = minuteOf(reaction.at)
  if (minute <= state.minute(ERASED_AT)) return false
  const active = noteActivity(state, minute)
  const entry = state.find(post.of(reaction.postId))
  if (entry !== NO_ENTRY) {
    if (minute <= state.minute(entry + SEEN_MINUTE_AT)) return active
    state.setMinute(entry + SEEN_MINUTE_AT, minute)
    return true
  }
  state.add(post, minute)
  if (SEEN_UNFILTERED_MAX === state.entries - state.bytes[HANDED_AT]!)
    handOver(state, reaction.userId!, context)
  return true
}

/** What is dated before the last activity changes nothing. */
const noteActivity = (state: SeenRow, minute: number): boolean => {
  const active = state.minute(ACTIVE_AT)
  if (minute <= active) return false
  if (minute - active > SESSION_GAP_MINUTES) {
    state.setMinute(ACTIVE_BEFORE_AT, active)
    state.setMinute(SESSION_START_AT, minute)
  }
  state.setMinute(ACTIVE_AT, minute)
  return true
}

/**
 * Sends the oldest posts to the filter. They stay here until the next ones follow, so that no reader misses
 * them while they are on their way.
 */
const handOver = (state: SeenRow, userId: UserId, context: Context): void => {
  state.removeFirst(state.bytes[HANDED_AT]!)
  const end = HEADER_BYTES + SEEN_OVERFLOW_POSTS * SEEN_ENTRY_BYTES
  context.emit(seenOverflow, { userId, at: context.time, entries: state.bytes.subarray(HEADER_BYTES, end) })
  state.bytes[HANDED_AT] = SEEN_OVERFLOW_POSTS
}

/** Takes away what was seen up to then, and the session unless it went on. */
const erase = (at: Millis, state: SeenRow, context: Context): boolean => {
  const minute = minuteOf(at)
  if (minute <= state.minute(ERASED_AT)) return false
  for (let entry = state.end - SEEN_ENTRY_BYTES; entry >= HEADER_BYTES; entry -= SEEN_ENTRY_BYTES) {
    if (state.minute(entry + SEEN_MINUTE_AT) > minute) continue
    state.removeAt(entry)
    if (entry < HEADER_BYTES + state.bytes[HANDED_AT]! * SEEN_ENTRY_BYTES) state.bytes[HANDED_AT]!--
  }
  eraseSession(state, minute)
  state.setMinute(ERASED_AT, minute)
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

const eraseSession = (state: SeenRow, minute: number): void => {
  if (state.minute(ACTIVE_BEFORE_AT) <= minute) state.setMinute(ACTIVE_BEFORE_AT, 0)
  if (state.minute(SESSION_START_AT) <= minute) state.setMinute(SESSION_START_AT, minute + 1)
  if (state.minute(ACTIVE_AT) > minute) return
  state.setMinute(ACTIVE_AT, 0)
  state.setMinute(SESSION_START_AT, 0)
}

const forgetErasure = (at: Millis, state: SeenRow): boolean => {
  const erased = state.minute(ERASED_AT)
  if (erased === 0 || erased > minuteOf(at - ERASURE_MEMORY_MS)) return false
  state.setMinute(ERASED_AT, 0)
  return true
}

/**
 * What a user has seen lately, and when they were here. Whoever reacts to a post in any way has seen it, and
 * an undo does not unsee it; that a post was served says nothing. Posts are fingerprints in the order they
 * were first seen; the oldest are handed to `seen-filter` (see seen-filter.ts), a few at a time. Times are
 * whole minutes, so a burst of reactions to one post writes the row once.
 */
export const seen: Processor<SeenRow> = {
  name: 'seen',
  about: 'Posts that a user saw last, and their last session.',
  state: layout,
  handlers: [
    on({
      input: reactions,
      key: (reaction, key) => reaction.userId !== null && key.id(reaction.userId),
      process: see,
    }),
    on({
      input: erasures,
      key: (erasure, key) => key.id(erasure.userId),
      process: (erasure, state, context) => erase(erasure.at, state, context),
    }),
  ],
  outputs: [seenOverflow],
  onTimer: (at, _key, state) => forgetErasure(at, state),
}

/** A user's sessions, to the minute. */
export interface LastLogin {
  /** When the session began that they are in, or were in last. */
  readonly sessionStartAt: Millis
  readonly lastActiveAt: Millis
  /** The last activity before this session; null when none is known. Posts since then are new to them. */
  readonly previousActiveAt: Millis | null
}

/** The sessions in a stored `seen` row; null when it holds no activity. */
export const readLastLogin = (stored: Buffer): LastLogin | null => {
  const state = new SeenRow().load(rowReader(layout, stored))
  const active = state.minute(ACTIVE_AT)
  if (active === 0) return null
  const before = state.minute(ACTIVE_BEFORE_AT)
  return {
    sessionStartAt: millis(state.minute(SESSION_START_AT) * MINUTE_MS),
    lastActiveAt: millis(active * MINUTE_MS),
    previousActiveAt: before === 0 ? null : millis(before * MINUTE_MS),
  }
}

/** The posts of a stored `seen` row. */
export interface SeenRecent {
  readonly size: number
  has(post: Fingerprint): boolean
}

export const readSeenRecent = (stored: Buffer): SeenRecent => {
  const state = new SeenRow().load(rowReader(layout, stored))
  return { size: state.entries, has: (fingerprint) => state.find(fingerprint) !== NO_ENTRY }
}
