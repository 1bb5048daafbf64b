import { on, type Context, type Processor } from '../../engine/processor.ts'
import { type Millis, millis, type RequestId, type UserId } from '../../schemas/ids.ts'
import type { Impression } from '../../schemas/impressions/index.ts'
import type { Reaction, ReactionKind } from '../../schemas/reactions/index.ts'
import { Fingerprint } from '../fingerprint.ts'
import { impressions, reactions } from '../topics.ts'
import { type LabelEvent, labelEvents } from '../topics/label-events.ts'
import { labelSettlements, type SettlementPhase, type JoinedLabel } from '../topics/label-settlements.ts'
import { labelsLayout, type LabelsRow, NO_POST } from './labels-row.ts'
import { CLOCK_SKEW_MS, LABEL_WINDOW_MS, LONGEST_WINDOW_MS, SETTLE_MS, SLATE_LABELS_MAX } from './windows.ts'

/** A reaction on its way to a slate; one handle, filled anew for each. */
class Label {
  userId = '' as UserId
  requestId = '' as RequestId
  kind: ReactionKind = 'view'
  undo = false
  at = millis(0)
  value: number | null = null
  readonly post = new Fingerprint()
}

const label = new Label()

const takeReaction = (reaction: Reaction, state: LabelsRow, context: Context): boolean => {
  label.userId = reaction.userId!
  label.requestId = reaction.requestId!
  label.kind = reaction.kind
  label.undo = reaction.undo
  label.at = reaction.at
  label.value = reaction.value
  label.post.of(reaction.postId)
  return join(label, state, context)
}

const takeEvent = (event: LabelEvent, state: LabelsRow, context: Context): boolean => {
  const { userId, requestId, what } = event
  if (what.type === 'forget') {
    settlement(userId, requestId, 'closed', event.at, [], context)
    state.clear()
    return true
  }
  label.userId = userId
  label.requestId = requestId
  label.kind = what.kind
  label.undo = what.undo
  label.at = event.at
  label.value = what.value
  label.post.low = what.low
  label.post.high = what.high
  return join(label, state, context)
}

/** An event dated to the watermark itself may still come: what waits for it is due a millisecond later. */
const after = (at: number): Millis => millis(at + 1)

const join = (each: Label, state: LabelsRow, context: Context): boolean =>
  state.impressionAt === 0 ? wait(each, state, context) : joinShown(each, state, context)

/** Its impression is not here. It may come until no event as old as that is expected. */
const wait = (each: Label, state: LabelsRow, context: Context): boolean => {
  const until = each.at + CLOCK_SKEW_MS
  if (context.watermark > until) return unmatched(each, context)
  const { low, high } = each.post
  const known = state.findPost(low, high)
  if (!store(each, known === NO_POST ? state.addPost(low, high) : known, state, context)) return false
  context.timer(after(until))
  return true
}

const unmatched = (each: Pick<Label, 'undo'>, context: Context): false => {
  if (!each.undo) context.count('label_join.unmatched')
  return false
}

const store = (each: Label, post: number, state: LabelsRow, context: Context): boolean => {
  if (state.labels >= SLATE_LABELS_MAX) {
    context.count('label_join.labels_dropped')
    return false
  }
  state.addLabel(post, each.kind, each.undo, each.at, each.value)
  return true
}

const joinShown = (each: Label, state: LabelsRow, context: Context): boolean => {
  const post = state.findPost(each.post.low, each.post.high)
  const ageMs = each.at - state.impressionAt
  if (post === NO_POST || ageMs < -CLOCK_SKEW_MS) return unmatched(each, context)
  if (each.undo) return undo(each, post, ageMs, state, context)
  if (ageMs > LABEL_WINDOW_MS[each.kind]) return expired(context)
  if (ageMs <= SETTLE_MS && !state.settled) return storeAndTell(each, post, state, context)
  if (LABEL_WINDOW_MS[each.kind] <= SETTLE_MS) return expired(context)
  if (state.isUndone(post, each.kind, each.at)) return false
  if (!state.settled) return store(each, post, state, context)
  const joined = { candidate: post, kind: each.kind, at: each.at, value: each.value }
  settlement(each.userId, each.requestId, 'late', each.at, [joined], context)
  return false
}

/** It counts when the slate settles; what learns need not wait so long to hear of it. */
const storeAndTell = (each: Label, post: number, state: LabelsRow, context: Context): boolean => {
  if (!store(each, post, state, context)) return false
  if (!state.isUndone(post, each.kind, each.at)) {
    const joined = { candidate: post, kind: each.kind, at: each.at, value: each.value }
    settlement(each.userId, each.requestId, 'early', each.at, [joined], context)
  }
  return true
}

const expired = (context: Context): false => {
  context.count('label_join.expired')
  return false
}

/**
 * Kept until the slate settles; one that is later holds back only a label that it overtook. One that waits for its slate
 * it does not take back: when the slate settles hangs on batches, and what is sent on may not.
 */
const undo = (each: Label, post: number, ageMs: number, state: LabelsRow, context: Context): boolean => {
  const isLate = ageMs > SETTLE_MS || state.settled
  if (!isLate) return store(each, post, state, context)
  context.count('label_join.undo_late')
  const mayOvertake = ageMs <= LABEL_WINDOW_MS[each.kind] && LABEL_WINDOW_MS[each.kind] > SETTLE_MS
  return mayOvertake && store(each, post, state, context)
}

const settlement = (
  userId: UserId,
  requestId: RequestId,
  phase: SettlementPhase,
  at: Millis,
  labels: readonly JoinedLabel[],
  context: Context,
): void => context.emit(labelSettlements, { userId, requestId, phase, at, labels })

const takeImpression = (impression: Impression, state: LabelsRow, context: Context): boolean => {
  if (state.impressionAt !== 0) {
    context.count('label_join.impression_repeated')
    return false
  }
  const { userId, requestId, at } = impression
  const postIds = impression.candidates.map(({ postId }) => postId)
  label.userId = userId
  label.requestId = requestId
  for (const early of state.begin(at, postIds)) {
    label.kind = early.kind
    label.undo = early.undo
    label.at = early.at
    label.value = early.value
    label.post.low = early.low
    label.post.high = early.high
    joinShown(label, state, context)
  }
  context.timer(after(at + SETTLE_MS))
  context.timer(after(at + LONGEST_WINDOW_MS))
  return true
}

const onTimer = (at: Millis, key: readonly string[], state: LabelsRow, context: Context): boolean => {
  const { impressionAt } = state
  if (impressionAt === 0) return expireEarly(at, state, context)
  const userId = key[0] as UserId
  const requestId = key[1] as RequestId
  if (at > impressionAt + SETTLE_MS && !state.settled) {
    const settleAt = millis(impressionAt + SETTLE_MS)
    settlement(userId, requestId, 'settled', settleAt, state.settle(settleAt), context)
    for (const late of state.takeLate()) settlement(userId, requestId, 'late', late.at, [late], context)
    return true
  }
  if (at <= impressionAt + LONGEST_WINDOW_MS) return false
  settlement(userId, requestId, 'closed', at, [], context)
  state.clear()
  return true
}

const expireEarly = (at: Millis, state: LabelsRow, context: Context): boolean => {
  const expiredLabels = state.expireEarly(at - CLOCK_SKEW_MS - 1)
  for (let count = 0; count < expiredLabels; count++) context.count('label_join.unmatched')
  return true
}

/**
 * The labels of each slate so far, by user and request: small rows that reactions touch, beside the large
 * ones with the features (see slates.ts). A reaction that names its request comes here directly, one that
 * does not through `label-index`. Each label is sent to the features at once, and all of a slate once more when it
 * settles, as far as they were not undone. One dated after that, within its longer window, is sent on alone, never ahead
 * of its settled slate, which would seem to take it back: the watermark trails, so that it may have to wait. What counts
 * is the time of an event, not when it came, up to the grace; an undo takes back the labels of its kind dated up to its
 * own time, before the slate settles. Rows end with the longest window.
 */
export const labelJoin: Processor<LabelsRow> = {
  name: 'label-join',
  about: 'Labels of slates that were served, until they settle.',
  state: labelsLayout,
  handlers: [
    on({
      input: impressions,
      key: (impression, key) => key.id(impression.userId) && key.id(impression.requestId),
      process: takeImpression,
    }),
    on({
      input: reactions,
      key: ({ userId, requestId }, key) =>
        userId !== null && requestId !== null && key.id(userId) && key.id(requestId),
      process: takeReaction,
    }),
    on({
      input: labelEvents,
      key: (event, key) => key.id(event.userId) && key.id(event.requestId),
      process: takeEvent,
    }),
  ],
  outputs: [labelSettlements],
  onTimer,
}
