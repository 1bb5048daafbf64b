import { DAY_MS, MINUTE_MS } from '../../schemas/ids.ts'
import { REACTION_KINDS, type ReactionKind } from '../../schemas/reactions/index.ts'

/** How long after its impression a slate's first examples are made. */
export const SETTLE_MS = 30 * MINUTE_MS

/** How long what takes a decision may take, or what comes back to a post that was left. */
const LONG_MS = DAY_MS

/** How long after an impression a reaction of each kind still counts as its label. */
export const LABEL_WINDOW_MS: Readonly<Record<ReactionKind, number>> = {
  view: SETTLE_MS,
  click: SETTLE_MS,
  dwell: SETTLE_MS,
  watch: SETTLE_MS,
  like: SETTLE_MS,
  skip: SETTLE_MS,
  profile_click: SETTLE_MS,
  comment: LONG_MS,
  share: LONG_MS,
  save: LONG_MS,
  follow_author: LONG_MS,
  connect_request: LONG_MS,
  hide: LONG_MS,
  see_less: LONG_MS,
  report: LONG_MS,
  block_author: LONG_MS,
}

/** A slate leaves the state when this is over. */
export const LONGEST_WINDOW_MS = Math.max(...Object.values(LABEL_WINDOW_MS))

/** Kinds whose window is over when a slate settles. */
export const SETTLED_KINDS: readonly ReactionKind[] = REACTION_KINDS.filter(
  (kind) => LABEL_WINDOW_MS[kind] <= SETTLE_MS,
)

/**
 * A reaction that names its request may be dated this much before it: it bears a phone's clock, the
 * impression ours. This is also how long it waits for an impression that it overtook.
 */
export const CLOCK_SKEW_MS = 5 * MINUTE_MS

/** Slates of one user that wait for labels; the oldest give way (`label_join.dropped`). */
export const PENDING_SLATES_MAX = 64

/** Labels of one slate until it settles; more are not taken (`label_join.labels_dropped`). */
export const SLATE_LABELS_MAX = 1_024
