import type { Clock } from '../../engine/clock.ts'
import { PASS_0_KEPT_MAX } from '../../serving/quotas.ts'
import { type Candidate } from '../../serving/candidate.ts'
import type { ServedSession } from '../../serving/explain/served-feed.ts'
import { FeedPipeline, feedStages, type FeedStages, type RankedFeed } from '../../serving/feed-pipeline.ts'
import type { Alarm } from '../../serving/pipeline/alarm.ts'
import { NO_STAGE_METRICS, type StageMetrics } from '../../serving/pipeline/metrics.ts'
import { always, type Ranker, type Ranking, type ScorerStage } from '../../serving/pipeline/stage.ts'
import type { FeedQuery } from '../../serving/query.ts'
import { RankedItems } from '../../serving/sessions/ranked-items.ts'
import { noRetrieval, type Retrieval } from '../../serving/sources/retrieval.ts'
import { noRestrictions, type Restrictions } from '../../serving/visibility/restrictions.ts'
import { millis } from '../../schemas/ids.ts'
import { T0, userId } from '../processors/events.ts'
import { requestId } from '../processors/personal-events.ts'
import type { ServedState } from './state.ts'

export const aQuery = (fields: { readonly userId?: string; readonly asOf?: number } = {}): FeedQuery => ({
  userId: userId(fields.userId ?? 'user-1'),
  limit: 20,
  asOf: millis(fields.asOf ?? T0),
  device: null,
  surface: null,
  preview: false,
})

/** A clock that stands still until it is moved. */
export class HandClock implements Clock {
  ms = 0

  now() {
    return millis(T0 + this.ms)
  }

  monotonicMs(): number {
    return this.ms
  }
}

/** Deadlines that pass when a test says so. */
export class HandAlarm implements Alarm {
  private readonly rings = new Map<() => void, number>()

  get waiting(): number {
    return this.rings.size
  }

  after(ms: number, ring: () => void): () => void {
    const once = (): void => ring()
    this.rings.set(once, ms)
    return () => this.rings.delete(once)
  }

  /** Rings what is due after so many milliseconds. */
  pass(ms: number): void {
    for (const [ring, dueMs] of this.rings) {
      if (dueMs > ms) continue
      this.rings.delete(ring)
      ring()
    }
  }
}

type Order = (one: Candidate, other: Candidate) => number

const pass = (name: string, keptMax: number, order: Order, note: (each: Candidate, rank: number) => void) =>
  ({
    name,
    about: 'Orders candidates.',
    deadlineMs: 100,
    required: false,
    enable: always,
    keptMax,
    async score(_query, _viewer, candidates) {
      const ranked = candidates.toSorted(order)
      for (const [rank, each] of ranked.entries()) note(each, rank)
      return ranked.slice(0, keptMax)
    },
  }) satisfies ScorerStage

const newestFirst: Order = (one, other) =>
  other.post.publishedAt - one.post.publishedAt || (one.post.postId < other.post.postId ? -1 : 1)

/** Newest first, in three passes: real stages, for tests of what comes before them. */
export const newestRanker = (keptMax = PASS_0_KEPT_MAX): Ranker => ({
  begin: (): Ranking => ({
    passes: [
      pass('pass-0', keptMax, newestFirst, (each, rank) => {
        each.lightScore = each.post.publishedAt - T0
        each.lightRank = rank
      }),
      pass('pass-1', keptMax, newestFirst, (each, rank) => {
        each.expectedValue = each.post.publishedAt - T0
        each.heavyRank = rank
      }),
      pass('pass-2', keptMax, newestFirst, (each, rank) => {
        each.value = each.post.publishedAt - T0
        each.rank = rank
      }),
    ],
    release: () => undefined,
  }),
})

export interface PipelineOptions {
  readonly restrictions?: Restrictions
  readonly clock?: Clock
  readonly alarm?: Alarm
  readonly metrics?: StageMetrics
  readonly ranker?: Ranker
  readonly retrieval?: Retrieval
}

export const stagesOver = (state: ServedState, options: PipelineOptions = {}): FeedStages =>
  feedStages({
    rows: state.rows,
    clock: options.clock ?? new HandClock(),
    restrictions: options.restrictions ?? noRestrictions,
    retrieval: options.retrieval ?? noRetrieval,
    breathe: async () => undefined,
  })

export const pipelineOver = (
  state: ServedState,
  options: PipelineOptions = {},
  stages = stagesOver(state, options),
): FeedPipeline =>
  new FeedPipeline({
    stages,
    ranker: options.ranker ?? newestRanker(),
    restrictions: options.restrictions ?? noRestrictions,
    clock: options.clock ?? new HandClock(),
    alarm: options.alarm ?? new HandAlarm(),
    metrics: options.metrics ?? NO_STAGE_METRICS,
  })

/** What a session knows of its feed, for those who explain it. */
export const sessionOf = (
  { query, order, viewer, degraded }: RankedFeed,
  request: string,
): ServedSession => ({
  requestId: requestId(request),
  query,
  items: new RankedItems(order, viewer),
  account: { degraded },
})

export const idsOf = (candidates: readonly { readonly post: { readonly postId: string } }[]): string[] =>
  candidates.map(({ post }) => post.postId)
