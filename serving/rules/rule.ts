import type { PostKind } from '../../schemas/posts/index.ts'
import type { Candidate } from '../candidate.ts'

/** What stands above a place in a feed that is being put in order; one object, changed as the order grows. */
export interface Above {
  /** Posts by the same author. */
  ofAuthor: number
  /** The kind of the post right above; null at the top. */
  kind: PostKind | null
}

interface Declared {
  /** Lower case and dashes: it names the rule in traces, impressions and configurations. */
  readonly name: string
  /** One sentence for docs and for people who ask why. */
  readonly about: string
  /** What `factor` answers at least, above 0, and at most. */
  readonly min: number
  readonly max: number
  /** The numbers behind it: part of the configuration's version. */
  readonly parameters: Readonly<Record<string, number>>
}

/** Looks at the post alone. */
export interface PostRule extends Declared {
  readonly scope: 'post'
  factor(candidate: Candidate): number
}

/** Looks at what was placed above as well. Only ever lowers (`max` is 1): the order is found by that. */
export interface SlateRule extends Declared {
  readonly scope: 'slate'
  readonly max: 1
  /** What it answers for a post never rises again as the slate grows. */
  readonly lasting: boolean
  factor(candidate: Candidate, above: Above): number
}

/** A rule of pass 2: a multiplier on a post's value, within stated bounds. */
export type Rule = PostRule | SlateRule

/** A value after a multiplier. A factor below 1 lowers every value: one below zero is divided by it. */
export const scaled = (value: number, factor: number): number =>
  value >= 0 ? value * factor : value / factor
