import type { Clock } from '../engine/clock.ts'
import type { Candidate, Source } from './candidate.ts'
import { filters } from './filters/index.ts'
import { hydrators, survivorHydrators } from './hydrators/index.ts'
import { INVENTORY_LIMITS, type Limits, type SourceCount } from './inventory.ts'
import type { Alarm } from './pipeline/alarm.ts'
import { type StageMetrics, tellRemoved } from './pipeline/metrics.ts'
import { type Degraded, PipelineRun, type StageTime } from './pipeline/run.ts'
import type {
  FilterStage,
  HydratorStage,
  QueryHydratorStage,
  Ranker,
  Ranking,
  Removed,
  SourceStage,
} from './pipeline/stage.ts'
import type { FeedQuery } from './query.ts'
import { queryHydrators } from './query-hydrators/index.ts'
import { Search } from './search.ts'
import { Sifting } from './sifting.ts'
import { sources } from './sources/index.ts'
import type { Retrieval } from './sources/retrieval.ts'
import { TrendingPools } from './sources/trending/pools.ts'
import type { StateRows } from './state-rows.ts'
import type { Viewer } from './viewer.ts'
import { ViewerDraft } from './viewer-draft.ts'
import type { Restrictions } from './visibility/restrictions.ts'

/** The stages before the passes, in the order of the diagram. */
export interface FeedStages {
  readonly queryHydrators: readonly QueryHydratorStage[]
  readonly sources: readonly SourceStage[]
  readonly hydrators: readonly HydratorStage[]
  readonly filters: readonly FilterStage[]
  /** Run on what pass 0 keeps. */
  readonly survivorHydrators: readonly HydratorStage[]
}

export interface StageParts {
  readonly rows: StateRows
  readonly clock: Clock
  readonly restrictions: Restrictions
  readonly retrieval: Retrieval
  /** Lets other work of the process have its turn. */
  readonly breathe: () => Promise<void>
}

/** The stages that a feed is made by. */
export const feedStages = (parts: StageParts): FeedStages => {
  const { rows, restrictions, retrieval } = parts
  return {
    queryHydrators: queryHydrators(rows),
    sources: sources(rows, new TrendingPools(parts), retrieval),
    hydrators: hydrators(rows),
    filters: filters(restrictions),
    survivorHydrators: survivorHydrators(rows),
  }
}

export interface FeedPipelineParts<Own extends Ranking> {
  readonly stages: FeedStages
  readonly ranker: Ranker<Own>
  readonly restrictions: Restrictions
  readonly clock: Clock
  readonly alarm: Alarm
  readonly metrics: StageMetrics
  /** How many candidates a feed is made of; as quotas.ts says where absent. */
  readonly limits?: Limits
}

/** What one request's candidates came to. */
export interface RankedFeed<Own extends Ranking = Ranking> {
  readonly query: FeedQuery
  readonly viewer: Viewer
  /** Every post found, each once. */
  readonly found: readonly Candidate[]
  readonly sourceCounts: ReadonlyMap<Source, SourceCount>
  readonly removed: readonly Removed[]
  /** What filters kept. */
  readonly eligible: readonly Candidate[]
  /** What pass 0 kept. */
  readonly survivors: readonly Candidate[]
  /** What pass 2 made of it: best first. */
  readonly order: readonly Candidate[]
  /** Still held: whoever took the feed releases it. */
  readonly ranking: Own
  readonly stages: readonly StageTime[]
  readonly degraded: readonly Degraded[]
}

/** Ranks posts for a viewer. Which of them are shown is the selector's to say (feed-service.ts), and checked again there. */
export class FeedPipeline<Own extends Ranking = Ranking> {
  private readonly parts: FeedPipelineParts<Own>

  constructor(parts: FeedPipelineParts<Own>) {
    this.parts = parts
  }

  /**
   * `query hydrators ► sources ► hydrators ► filters ► pass 0 ► pass 1 ► pass 2`. What another thread searches for
   * comes last: until pass 0 the others go ahead. Throws `STAGE_FAILED` when a stage fails that no feed may go
   * without, and `CLIENT_GONE` once the signal is aborted; nothing is held then.
   */
  async rank(query: FeedQuery, signal?: AbortSignal): Promise<RankedFeed<Own>> {
    const release = this.parts.restrictions.hold()
    try {
      return await this.ranked(new PipelineRun(query, this.parts, signal))
    } finally {
      release()
    }
  }

  private async ranked(run: PipelineRun): Promise<RankedFeed<Own>> {
    const { query } = run
    const { stages, ranker, metrics, limits = INVENTORY_LIMITS } = this.parts
    const viewer = await readViewer(run, stages.queryHydrators)
    const search = new Search(run, stages.sources, viewer, limits)
    const ranking = ranker.begin(query, viewer)
    try {
      const { found, kept: eligible, removed } = await sifted(run, stages, viewer, search, ranking)
      tellRemoved(metrics, removed)
      const [pass0, pass1, pass2] = ranking.passes
      const survivors = await run.score(pass0, viewer, eligible)
      await run.hydrate(stages.survivorHydrators, viewer, survivors)
      const valued = await run.score(pass1, viewer, survivors)
      const order = await run.score(pass2, viewer, valued)
      const inventory = { query, viewer, found, sourceCounts: search.counts, removed, eligible }
      return { ...inventory, survivors, order, ranking, stages: run.stages, degraded: run.degraded }
    } catch (error) {
      ranking.release()
      throw error
    } finally {
      run.finish()
    }
  }
}

/** All at once; each writes its part. */
const readViewer = async (run: PipelineRun, stages: readonly QueryHydratorStage[]): Promise<Viewer> => {
  const viewer = new ViewerDraft(run.query.userId)
  const written = await Promise.all(stages.map((stage) => run.attempt(stage, () => stage.hydrate(run.query))))
  for (const write of written) write?.(viewer)
  return viewer
}

/** Hydrates and filters what is found. What is found first goes on to pass 0 while the rest is looked for. */
const sifted = async (
  run: PipelineRun,
  stages: FeedStages,
  viewer: Viewer,
  search: Search,
  ranking: Ranking,
): Promise<Sifting> => {
  const sifting = new Sifting(run, stages, viewer)
  await sifting.add(await search.first())
  ranking.prepare?.([...sifting.kept])
  await sifting.add(await search.rest())
  if (search.isChanged) sifting.again()
  return sifting
}
