import type { Candidate, Removal, Source } from '../candidate.ts'
import type { FeedQuery } from '../query.ts'
import type { Viewer } from '../viewer.ts'
import type { ViewerDraft } from '../viewer-draft.ts'

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

/** Reads a part of what is known of the viewer. Answers how to write it: the runner does so if it was in time. */
export interface QueryHydratorStage extends Stage {
  hydrate(query: FeedQuery): Promise<(viewer: ViewerDraft) => void>
}

/** Finds posts, best or newest first. */
export interface SourceStage extends Stage {
  readonly source: Source
  find(query: FeedQuery, viewer: Viewer): Promise<Finding>
}

/** What a source found. Candidates are made only as they are taken: how many, is decided when all have found. */
export interface Finding {
  /** How many are left to take, at most: some may turn out to be gone. */
  readonly left: number
  /** The next ones, at most `max`; fewer only when there are no more. */
  take(max: number): readonly Candidate[]
}

/** Reads what later stages need of candidates. Answers how to write it: the runner does so if it was in time. */
export interface HydratorStage extends Stage {
  hydrate(query: FeedQuery, viewer: Viewer, candidates: readonly Candidate[]): Promise<() => void>
}

/** Says whether a candidate is not for this viewer. Synchronous; the first filter that says so is its removal. */
export interface FilterStage extends Stage {
  readonly removal: Removal
  removes(query: FeedQuery, viewer: Viewer, candidate: Candidate): boolean
}

export interface Removed {
  readonly candidate: Candidate
  readonly removal: Removal
}

/** Filters answer both. */
export interface Filtered {
  readonly kept: readonly Candidate[]
  readonly removed: readonly Removed[]
}

/**
 * Scores candidates and keeps the best, in order; what it drops keeps its scores, so that it can be explained.
 * When the stage itself is dropped, its candidates go on as they came, the first `keptMax` of them.
 */
export interface ScorerStage extends Stage {
  readonly keptMax: number
  /** Once `signal` is aborted the stage is too late: it must write to no candidate any more. */
  score(
    query: FeedQuery,
    viewer: Viewer,
    candidates: readonly Candidate[],
    signal: AbortSignal,
  ): Promise<readonly Candidate[]>
}
