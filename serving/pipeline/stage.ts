import type { Candidate, Removal, Source } from '../candidate.ts'
import type { FeedQuery } from '../query.ts'
import type { Viewer } from '../viewer.ts'

/**
 * What every stage of the pipeline has. A stage that throws or is not done within its deadline is dropped and
 * named in the answer; the request goes on without it, unless the stage is `required`: then the request fails,
 * for an answer without it could show what must not be shown.
 */
export interface Stage {
  /** Unique, lower case and dashes: it names the stage in answers, metrics and docs. */
  readonly name: string
  /** One sentence for docs and for `explain`. */
  readonly about: string
  /** Longest time it may take, milliseconds of wall time. */
  readonly deadlineMs: number
  readonly required: boolean
  /** Whether the stage has work to do for this query. */
  enable(query: FeedQuery): boolean
}

/** Finds posts. Answers at most its quota (see quotas.ts), best or newest first. */
export interface SourceStage extends Stage {
  readonly source: Source
  find(query: FeedQuery, viewer: Viewer): Promise<readonly Candidate[]>
}

/** Writes into candidates what later stages need of them. */
export interface HydratorStage extends Stage {
  hydrate(query: FeedQuery, viewer: Viewer, candidates: readonly Candidate[]): Promise<void>
}

/** Says why a candidate is not for this viewer; null when it is. Synchronous, and asked again before answering. */
export interface FilterStage extends Stage {
  readonly removal: Removal
  removes(query: FeedQuery, viewer: Viewer, candidate: Candidate): boolean
}

/** Filters answer both. */
export interface Filtered {
  readonly kept: readonly Candidate[]
  readonly removed: readonly { readonly candidate: Candidate; readonly removal: Removal }[]
}

/** Scores candidates and keeps the best, in order; what it drops keeps its scores, so that it can be explained. */
export interface ScorerStage extends Stage {
  score(query: FeedQuery, viewer: Viewer, candidates: readonly Candidate[]): Promise<readonly Candidate[]>
}
