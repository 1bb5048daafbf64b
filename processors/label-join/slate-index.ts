import { on, type Context, type Processor } from '../../engine/processor.ts'
import { type Millis, millis, type RequestId, type UserId } from '../../schemas/ids.ts'
import type { Impression } from '../../schemas/impressions/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { ERASURE_MEMORY_MS } from '../erasure.ts'
import { Fingerprint } from '../fingerprint.ts'
import { erasures, impressions, reactions } from '../topics.ts'
import { labelEvents } from '../topics/label-events.ts'
import { NO_SLATE, pendingLayout, type PendingSlates } from './pending-slates.ts'
import { LABEL_WINDOW_MS, LONGEST_WINDOW_MS, PENDING_SLATES_MAX } from './windows.ts'

const post = new Fingerprint()

const addSlate = (impression: Impression, state: PendingSlates, context: Context): boolean => {
  const { userId, requestId, at } = impression
  if (at <= state.erasedAt) {
    forget(userId, requestId, at, context)
    return false
  }
  if (state.find(requestId) !== NO_SLATE) return false
  state.add(impression)
  context.timer(millis(at + LONGEST_WINDOW_MS + 1))
  const oldest = state.excess(PENDING_SLATES_MAX)
  if (oldest === NO_SLATE) return true
  const dropped = state.requestId(oldest) as RequestId
  forget(userId, dropped, at, context)
  state.remove(oldest)
  context.count('label_join.dropped')
  return dropped !== requestId
}

const forget = (userId: UserId, requestId: RequestId, at: Millis, context: Context): void =>
  context.emit(labelEvents, { userId, requestId, at, what: { type: 'forget' } })

const react = (reaction: Reaction, state: PendingSlates, context: Context): boolean => {
  if (reaction.at <= state.erasedAt) return false
  if (!state.isEmpty) post.of(reaction.postId)
  if (reaction.undo) undoEverywhere(reaction, state, context)
  else assign(reaction, state, context)
  return false
}

/** To the newest slate that showed the post before the reaction. */
const assign = (reaction: Reaction, state: PendingSlates, context: Context): void => {
  let newest = NO_SLATE
  for (let slate = state.first; slate !== NO_SLATE; slate = state.next(slate)) {
    if (state.at(slate) > reaction.at || !state.has(slate, post.low)) continue
    if (newest === NO_SLATE || state.isNewer(slate, newest)) newest = slate
  }
  if (newest === NO_SLATE) context.count('label_join.unmatched')
  else if (reaction.at - state.at(newest) > LABEL_WINDOW_MS[reaction.kind])
    context.count('label_join.expired')
  else send(reaction, state.requestId(newest) as RequestId, context)
}

/** To every slate that showed the post before: only they know which of them has what is undone. */
const undoEverywhere = (reaction: Reaction, state: PendingSlates, context: Context): void => {
  for (let slate = state.first; slate !== NO_SLATE; slate = state.next(slate)) {
    if (state.at(slate) > reaction.at || !state.has(slate, post.low)) continue
    const requestId = state.requestId(slate) as RequestId
    if (requestId !== reaction.requestId) send(reaction, requestId, context)
  }
}

const send = (reaction: Reaction, requestId: RequestId, context: Context): void => {
  const { kind, undo, value, at } = reaction
  const what = { type: 'label', low: post.low, high: post.high, kind, undo, value } as const
  context.emit(labelEvents, { userId: reaction.userId!, requestId, at, what })
}

const erase = (userId: UserId, at: Millis, state: PendingSlates, context: Context): boolean => {
  if (at <= state.erasedAt) return false
  removeUntil(state, at, (slate) => forget(userId, state.requestId(slate) as RequestId, at, context))
  state.erasedAt = at
  context.timer(millis(at + ERASURE_MEMORY_MS))
  return true
}

const removeUntil = (state: PendingSlates, until: number, removing: (slate: number) => void): boolean => {
  let removed = false
  for (let slate = state.first; slate !== NO_SLATE;) {
    if (state.at(slate) > until) slate = state.next(slate)
    else {
      removing(slate)
      const last = state.next(slate) === NO_SLATE
      state.remove(slate)
      removed = true
      if (last) break
    }
  }
  return removed
}

const onTimer = (at: Millis, state: PendingSlates): boolean => {
  const removed = removeUntil(state, at - LONGEST_WINDOW_MS - 1, () => {})
  if (state.erasedAt === 0 || state.erasedAt > at - ERASURE_MEMORY_MS) return removed
  state.erasedAt = 0
  return true
}

/**
 * Which slates of a user still wait for labels, and what posts they showed: only to find the slate of a
 * reaction that does not name its request (the newest that showed the post before and has come by then), the
 * slates that an undo may concern, and those to forget with their user. Reactions never change a row.
 */
export const labelIndex: Processor<PendingSlates> = {
  name: 'label-index',
  about: 'Slates of a user that wait for labels.',
  state: pendingLayout,
  handlers: [
    on({ input: impressions, key: (impression, key) => key.id(impression.userId), process: addSlate }),
    on({
      input: reactions,
      key: ({ userId, requestId, undo }, key) =>
        userId !== null && (requestId === null || undo) && key.id(userId),
      process: react,
    }),
    on({
      input: erasures,
      key: (erasure, key) => key.id(erasure.userId),
      process: ({ userId, at }, state, context) => erase(userId, at, state, context),
    }),
  ],
  outputs: [labelEvents],
  onTimer: (at, _key, state) => onTimer(at, state),
}
