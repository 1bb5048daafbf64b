import type { HeadName } from '../heads.ts'

/**
 * Where each head begins. A head's log-odds (for `dwell`, the logarithm of milliseconds) are those of its base
 * rate, plus `interest` times the interest that the weights of a row add up to, plus `dislike` times its
 * dislike, plus weights of its own.
 */
export interface PriorTask {
  /** For a typical row of somebody's feed: a probability, for `dwell` seconds. */
  readonly base: number
  readonly interest: number
  readonly dislike: number
}

/**
 * Base rates are of the order that public data shows for shown posts of a social feed: clicks and likes in
 * the percents, comments and shares below, negatives in thousandths. Interest moves rare actions less, for
 * they hang more on the person than on the post. It counts less than half, for signals that say the same add
 * up: an interest of 8 is not rare, and must not make a like certain. Long looks are what a log-normal dwell about its
 * base, with a spread of 1, says of who does not skip.
 */
export const PRIOR_TASKS: Readonly<Record<HeadName, PriorTask>> = {
  click: { base: 0.05, interest: 0.45, dislike: -0.3 },
  dwell: { base: 4, interest: 0.15, dislike: -0.1 },
  like: { base: 0.04, interest: 0.45, dislike: -0.3 },
  comment: { base: 0.01, interest: 0.45, dislike: -0.2 },
  share: { base: 0.005, interest: 0.4, dislike: -0.3 },
  save: { base: 0.005, interest: 0.4, dislike: -0.3 },
  profile_click: { base: 0.008, interest: 0.3, dislike: -0.2 },
  follow: { base: 0.002, interest: 0.2, dislike: -0.4 },
  hide: { base: 0.001, interest: -0.15, dislike: 1 },
  see_less: { base: 0.000_5, interest: -0.15, dislike: 1 },
  report: { base: 0.000_1, interest: -0.15, dislike: 1 },
  block: { base: 0.000_1, interest: -0.2, dislike: 1 },
  skip: { base: 0.35, interest: -0.2, dislike: 0.3 },
  satisfaction: { base: 0.6, interest: 0.2, dislike: -0.4 },
  dwell_8s: { base: 0.16, interest: 0.3, dislike: -0.3 },
  dwell_15s: { base: 0.06, interest: 0.35, dislike: -0.3 },
  dwell_25s: { base: 0.022, interest: 0.4, dislike: -0.3 },
  dwell_30s: { base: 0.014, interest: 0.4, dislike: -0.3 },
}
