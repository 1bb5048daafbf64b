import { on, type Context, type Processor, type StateLayout } from '../engine/processor.ts'
import { type Millis, millis, MINUTE_MS, SECOND_MS, type UserId } from '../schemas/ids.ts'
import type { Reaction, ReactionKind } from '../schemas/reactions/index.ts'
import { ERASURE_MEMORY_MS } from './erasure.ts'
import { IdEntries, NO_ENTRY } from './id-entries.ts'
import { rowReader } from './rows.ts'
import { erasures, reactions } from './topics.ts'

/** Authors kept for a user: those touched last. */
export const TOUCHED_AUTHORS_MAX = 256

/** A dwell or watch shorter than this says nothing about the author. */
export const TOUCH_DWELL_MS_MIN = 8 * SECOND_MS

/** Reactions that show an interest in the author. Dwell and watch do when they last long enough. */
export const TOUCHES: ReadonlySet<ReactionKind> = new Set<ReactionKind>([
  'click',
  'dwell',
  'watch',
  'like',
  'comment',
  'share',
  'save',
  'profile_click',
  'follow_author',
  'connect_request',
])

/** Header: `u32 minute of the last erasure`, 0 for none. Fields: `u32 minute of the last touch · i32 touches`. */
const HEADER_BYTES = 4
const FIELD_BYTES = 8
const MINUTE_AT = 0
const COUNT_AT = 4

const row = new IdEntries(HEADER_BYTES, FIELD_BYTES)

const layout: StateLayout<IdEntries> = {
  version: 1,
  create: () => row.clear(),
  read: (reader) => row.load(reader),
  write: (state, writer) => {
    if (state.count === 0 && erasedMinute(state) === 0) return false
    state.save(writer)
    return true
  },
}

const erasedMinute = (state: IdEntries): number => state.bytes.readUInt32LE(state.headerAt)
const setErasedMinute = (state: IdEntries, minute: number): void => {
  state.own().writeUInt32LE(minute, state.headerAt)
}

const minuteAt = (state: IdEntries, entry: number): number =>
  state.bytes.readUInt32LE(state.fieldsAt(entry) + MINUTE_AT)
const setMinute = (state: IdEntries, entry: number, minute: number): void => {
  state.own().writeUInt32LE(minute, state.fieldsAt(entry) + MINUTE_AT)
}

const touchesAt = (state: IdEntries, entry: number): number =>
  state.bytes.readInt32LE(state.fieldsAt(entry) + COUNT_AT)
const setTouches = (state: IdEntries, entry: number, touches: number): void => {
  state.own().writeInt32LE(touches, state.fieldsAt(entry) + COUNT_AT)
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS)

const isTouch = (reaction: Reaction): boolean => {
  if (!TOUCHES.has(reaction.kind) || reaction.authorId === reaction.userId) return false
  if (reaction.kind !== 'dwell' && reaction.kind !== 'watch') return true
  return (reaction.value ?? 0) >= TOUCH_DWELL_MS_MIN
}

/**
 * Adds 1, or takes 1 back. An undo that comes before what it undoes leaves a count of −1 behind, which the
 * latecomer settles.
 */
const touch = (reaction: Reaction, state: IdEntries, context: Context): boolean => {
  const minute = minuteOf(reaction.at)
  if (minute <= erasedMinute(state)) return false
  const found = state.find(reaction.authorId)
  if (found === NO_ENTRY) return insert(state, reaction, minute, context)
  const touches = touchesAt(state, found) + (reaction.undo ? -1 : 1)
  if (touches === 0) {
    state.remove(found)
    return true
  }
  setTouches(state, found, touches)
  if (!reaction.undo && minute > minuteAt(state, found)) setMinute(state, found, minute)
  return true
}

const insert = (state: IdEntries, reaction: Reaction, minute: number, context: Context): boolean => {
  const entry = state.add(reaction.authorId)
  setMinute(state, entry, minute)
  setTouches(state, entry, reaction.undo ? -1 : 1)
  if (state.count <= TOUCHED_AUTHORS_MAX) return true
  const oldest = oldestOf(state)
  state.remove(oldest)
  context.count('touched_authors.dropped')
  return oldest !== entry
}

/** The entry touched longest ago; among equals that of the smallest hash, whatever the order they came in. */
const oldestOf = (state: IdEntries): number => {
  let oldest = 0
  for (let entry = 1; entry < state.count; entry++) {
    const difference = minuteAt(state, entry) - minuteAt(state, oldest)
    if (difference < 0 || (difference === 0 && state.hash(entry) < state.hash(oldest))) oldest = entry
  }
  return oldest
}

const erase = (at: Millis, state: IdEntries, context: Context): boolean => {
  const minute = minuteOf(at)
  if (minute <= erasedMinute(state)) return false
  state.removeWhere((entry) => minuteAt(state, entry) <= minute)
  setErasedMinute(state, minute)
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

const forgetErasure = (at: Millis, state: IdEntries): boolean => {
  const erased = erasedMinute(state)
  if (erased === 0 || erased > minuteOf(at - ERASURE_MEMORY_MS)) return false
  setErasedMinute(state, 0)
  return true
}

/**
 * Whose posts a user liked, commented on, dwelt on and so on: candidates for their feed. Keeps the authors
 * touched last (to the minute), each with its touches less those undone; an author is gone when all of its
 * touches are. An undo does not put the time of the last touch back. An erasure takes away every author not
 * touched since.
 */
export const touchedAuthors: Processor<IdEntries> = {
  name: 'touched-authors',
  about: 'Authors that a user touched last, with how often.',
  state: layout,
  handlers: [
    on({
      input: reactions,
      key: (reaction, key) => reaction.userId !== null && isTouch(reaction) && key.id(reaction.userId),
      process: touch,
    }),
    on({
      input: erasures,
      key: (erasure, key) => key.id(erasure.userId),
      process: (erasure, state, context) => erase(erasure.at, state, context),
    }),
  ],
  outputs: [],
  onTimer: (at, _key, state) => forgetErasure(at, state),
}

export interface TouchedAuthor {
  readonly authorId: UserId
  /** Start of the minute of the last touch. */
  readonly lastTouchAt: Millis
  readonly touches: number
}

/** Touched authors in a stored row, newest first. */
export const readTouchedAuthors = (stored: Buffer): TouchedAuthor[] => {
  const state = new IdEntries(HEADER_BYTES, FIELD_BYTES).load(rowReader(layout, stored))
  const authors: TouchedAuthor[] = []
  for (let entry = 0; entry < state.count; entry++) {
    const touches = touchesAt(state, entry)
    if (touches <= 0) continue
    const lastTouchAt = millis(minuteAt(state, entry) * MINUTE_MS)
    authors.push({ authorId: state.id(entry) as UserId, lastTouchAt, touches })
  }
  return authors.sort(newestFirst)
}

const newestFirst = (one: TouchedAuthor, other: TouchedAuthor): number =>
  other.lastTouchAt - one.lastTouchAt ||
  other.touches - one.touches ||
  (one.authorId < other.authorId ? -1 : 1)
