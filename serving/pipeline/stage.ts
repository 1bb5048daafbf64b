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
  readonly required: boolean
  /** Whether the stage has work to do for this query. */
  enable(query: FeedQuery): boolean
}

/** A stage that waits for something. */
export interface WaitingStage extends Stage {
  /** Longest time it may take, milliseconds of wall time. */
  readonly deadlineMs: number
}

/** Stages that always have work to do. */
export const always = (): boolean => true

/** Reads a part of what is known of the viewer. Answers how to write it: the runner does so if it was in time. */
export interface QueryHydratorStage extends WaitingStage {
  hydrate(query: FeedQuery): Promise<(viewer: ViewerDraft) => void>
}

/** Finds posts, best or newest first. */
export interface SourceStage extends WaitingStage {
  readonly source: Source
  /** Another thread looks for its posts: what the other sources found is prepared meanwhile. */
  readonly isElsewhere?: boolean
  find(query: FeedQuery, viewer: Viewer): Promise<Finding>
}

/** What a source found. Candidates are made only as they are taken: how many, is decided when all have found. */
export interface Finding {
  /** No more are left to take. */
  readonly isExhausted: boolean
  /** The next ones, at most `max`; fewer only when there are no more. */
  take(max: number): readonly Candidate[]
  /** Looks further, where all sources together gave too few: what comes after this. Undefined where nothing does. */
  readonly beyond?: (() => Promise<Finding>) | undefined
  /** The model that it was found by; null or undefined where by none. */
  readonly modelVersion?: string | null | undefined
}

/** Reads what later stages need of candidates. Answers how to write it: the runner does so if it was in time. */
export interface HydratorStage extends WaitingStage {
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
export interface ScorerStage extends WaitingStage {
  readonly keptMax: number
  /** Once `signal` is aborted the stage is too late: it must write to no candidate any more. */
  score(
    query: FeedQuery,
    viewer: Viewer,
    candidates: readonly Candidate[],
    signal: AbortSignal,
  ): Promise<readonly Candidate[]>
}

/**
 * Does something beside the answer: logs it, or remembers what explains it. Waits for nothing, and fails no answer:
 * what takes long goes on behind it.
 */
export interface EffectStage<Of> extends Stage {
  /** Answers of how many posts. */
  perform(of: Of): number
}

/** The passes that rank one request's candidates, with what they hold between them. */
export interface Ranking {
  /** Pass 0 (light), pass 1 (heavy) and pass 2 (in context). */
  readonly passes: readonly [ScorerStage, ScorerStage, ScorerStage]
  /** Begins pass 0 with the first of its candidates, while others are still looked for. */
  prepare?(candidates: readonly Candidate[]): void
  /** Gives back what the passes hold; their scores stay in the candidates. Safe to call twice. */
  release(): void
}

export interface Ranker<Own extends Ranking = Ranking> {
  begin(query: FeedQuery, viewer: Viewer): Own
}
