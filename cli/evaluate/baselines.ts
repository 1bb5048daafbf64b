import type { Millis } from '../../schemas/ids.ts'
import { decayedAsOf, type KnownPost } from './corpus.ts'

/** Rankings that know nothing of the user. The higher the better. */
export const BASELINES = {
  /** All positive interactions so far. */
  popularity: (post) => post.interactions,
  /** Positive interactions with a half-life of 3 days. */
  decayed: decayedAsOf,
  /** The most recently published first. */
  recent: (post) => post.publishedAt,
  /** The most recently active first: the order that the others are drawn from. */
  active: (post) => post.activeAt,
} as const satisfies Readonly<Record<string, (post: KnownPost, asOf: Millis) => number>>

export type Baseline = keyof typeof BASELINES
export const BASELINE_NAMES = Object.keys(BASELINES) as readonly Baseline[]
