import { on, type Context, type Processor } from '../engine/processor.ts'
import { type Millis, type PostId } from '../schemas/ids.ts'
import type { Reaction, ReactionKind } from '../schemas/reactions/index.ts'
import {
  entryTime,
  ERASABLE_HEADER_BYTES,
  erasableLayout,
  erasedAt,
  erasuresOfUser,
  forgetErasure,
  keepNewest,
} from './erasable-entries.ts'
import { IdEntries, NO_ENTRY } from './id-entries.ts'
import { rowReader } from './rows.ts'
import { reactions } from './topics.ts'

/** Posts kept hidden from a user: those they hid or reported last. */
export const HIDDEN_POSTS_MAX = 1_024

/** Reactions after which a user is never to be shown the post again. */
export const HIDING: readonly ReactionKind[] = ['hide', 'report']

/**
 * Header: `f64 time of the last erasure`, 0 for none. Fields: `f64 time of the last event`, then an `i32` a
 * kind of `HIDING`: its reactions less those undone.
 */
const FIELD_BYTES = 16
const COUNTS_AT = 8
const COUNT_BYTES = 4

const row = new IdEntries(ERASABLE_HEADER_BYTES, FIELD_BYTES)
const layout = erasableLayout(row)

const countAt = (state: IdEntries, entry: number, kind: number): number =>
  state.bytes.readInt32LE(state.fieldsAt(entry) + COUNTS_AT + kind * COUNT_BYTES)

const hide = ({ postId, kind, undo, at }: Reaction, state: IdEntries, context: Context): boolean => {
  if (at <= erasedAt(state)) return false
  const found = state.find(postId)
  const entry = found === NO_ENTRY ? state.add(postId) : found
  count(state, entry, HIDING.indexOf(kind), undo ? -1 : 1, at)
  if (HIDING.every((_, each) => countAt(state, entry, each) === 0)) state.remove(entry)
  else if (found === NO_ENTRY)
    return keepNewest(state, entry, HIDDEN_POSTS_MAX, context, 'hidden_posts.dropped')
  return true
}

const count = (state: IdEntries, entry: number, kind: number, weight: number, at: Millis): void => {
  const counted = countAt(state, entry, kind) + weight
  const before = entryTime(state, entry)
  const bytes = state.own()
  bytes.writeInt32LE(counted, state.fieldsAt(entry) + COUNTS_AT + kind * COUNT_BYTES)
  bytes.writeDoubleLE(Math.max(before, at), state.fieldsAt(entry))
}

/**
 * Posts that a user hid or reported, until every such reaction is undone. An undo that comes first leaves a
 * count of −1 behind, which the latecomer settles. Of a user who hid more than `HIDDEN_POSTS_MAX`, the oldest
 * are forgotten; those are also long seen.
 */
export const hiddenPosts: Processor<IdEntries> = {
  name: 'hidden-posts',
  about: 'Posts that a user hid or reported.',
  state: layout,
  handlers: [
    on({
      input: reactions,
      key: ({ kind, userId }, key) => userId !== null && HIDING.includes(kind) && key.id(userId),
      process: hide,
    }),
    erasuresOfUser,
  ],
  outputs: [],
  onTimer: (at, _key, state) => forgetErasure(at, state),
}

/** The posts hidden from a user, in a stored row. */
export class HiddenPosts {
  private readonly state: IdEntries

  constructor(stored: Buffer) {
    this.state = new IdEntries(ERASABLE_HEADER_BYTES, FIELD_BYTES).load(rowReader(layout, stored))
  }

  has(postId: PostId): boolean {
    const entry = this.state.find(postId)
    return entry !== NO_ENTRY && this.isHidden(entry)
  }

  /** Their number. */
  get size(): number {
    let size = 0
    for (let entry = 0; entry < this.state.count; entry++) if (this.isHidden(entry)) size++
    return size
  }

  private isHidden(entry: number): boolean {
    return HIDING.some((_, kind) => countAt(this.state, entry, kind) > 0)
  }
}
