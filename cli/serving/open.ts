import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import { writePriors } from '../../models/prior/snapshots.ts'
import { ScorerPool } from '../../models/scoring/pool.ts'
import { impressions as impressionContract } from '../../schemas/impressions/index.ts'
import { ImpressionLog } from '../../serving/effects/impression-log.ts'
import { Explainer } from '../../serving/explain/explainer.ts'
import { ServedRequests } from '../../serving/explain/served-requests.ts'
import { FeedPipeline, type FeedPipelineParts, feedStages } from '../../serving/feed-pipeline.ts'
import { FeedService } from '../../serving/feed-service.ts'
import type { StageMetrics } from '../../serving/pipeline/metrics.ts'
import { CANDIDATES_MAX, PASS_0_KEPT_MAX } from '../../serving/quotas.ts'
import { Configuration, RANKING_DEFAULTS, type RankingConfig } from '../../serving/rules/config.ts'
import { GivenScorer } from '../../serving/scorers/given-scorer.ts'
import { Ranker } from '../../serving/scorers/ranker.ts'
import type { Ranking } from '../../serving/scorers/ranking.ts'
import { Cursors } from '../../serving/sessions/cursor.ts'
import { SESSION_DEFAULTS, type SessionLimits, SessionStore } from '../../serving/sessions/session-store.ts'
import { noRetrieval } from '../../serving/sources/retrieval.ts'
import type { Alarm } from '../../serving/pipeline/alarm.ts'
import { Visibility } from '../../serving/visibility/index.ts'
import { systemAlarm } from '../runtime/alarm.ts'
import type { ServingBackend } from '../runtime/backend.ts'

export interface ServingOptions {
  readonly embedded: ServingBackend
  /** The data directory: snapshots of models lie in it. */
  readonly data: string
  readonly clock: Clock
  readonly metrics: StageMetrics
  /** Threads that score. */
  readonly scorers?: number
  readonly config?: RankingConfig
  readonly sessions?: SessionLimits
  /** Rings when a stage is late. */
  readonly alarm?: Alarm
  /** Told why impressions could not be written. */
  readonly failed?: (error: unknown) => void
}

/** Everything that answers feeds, in one process with the tasks whose rows it reads. */
export interface Serving {
  readonly feeds: FeedService
  readonly explainer: Explainer
  readonly given: GivenScorer
  readonly impressions: ImpressionLog
  readonly sessions: SessionStore
  readonly scorers: ScorerPool
  /** What the pipeline is made of, for those who measure it. */
  readonly parts: FeedPipelineParts<Ranking>
  /** Writes the impressions that wait, and stops the scorers. No feed may be asked for any more. */
  close(): Promise<void>
}

/** Snapshots of models, in the data directory. */
export const MODELS_DIRECTORY = 'models'
const SECRET_BYTES = 32
/** Impressions that wait have this long to be written when the server stops. */
const CLOSE_MS_MAX = 5_000

/** Opens scorers over the snapshots of a data directory; the priors are written when it has none. */
export const openScorers = async (data: string, workers: number): Promise<ScorerPool> => {
  const { heavy, light } = await writePriors(join(data, MODELS_DIRECTORY))
  return ScorerPool.open({
    workers,
    rowsMax: { heavy: PASS_0_KEPT_MAX, light: CANDIDATES_MAX },
    heavy: heavy.directory,
    light: light.directory,
  })
}

export const openServing = async (options: ServingOptions): Promise<Serving> => {
  const { embedded, clock, metrics } = options
  const scorers = await openScorers(options.data, options.scorers ?? 1)
  const { rows, features, restrictions } = embedded
  const configuration = new Configuration(options.config ?? RANKING_DEFAULTS)
  const ranker = new Ranker({ scorers, features, rows, configuration })
  const stages = feedStages({
    rows,
    clock,
    restrictions,
    retrieval: noRetrieval,
    breathe: () => nextTurn(),
  })
  const parts = { stages, ranker, restrictions, clock, alarm: options.alarm ?? systemAlarm, metrics }
  const pipeline = new FeedPipeline(parts)
  const visibility = new Visibility(rows, restrictions)
  const requests = new ServedRequests()
  const sessions = new SessionStore(options.sessions ?? SESSION_DEFAULTS)
  const impressions = impressionLog(embedded, options.failed)
  const feeds = new FeedService({
    pipeline,
    visibility,
    sessions,
    cursors: new Cursors(randomBytes(SECRET_BYTES)),
    impressions,
    requests,
    clock,
    ids: () => randomUUID(),
    later: (work) => setImmediate(work),
    newestEventAt: () => embedded.newestEventAt(),
    degraded: () => embedded.degraded(),
  })
  return {
    feeds,
    explainer: new Explainer({ requests, rows, stages }),
    given: new GivenScorer({ rows, ranker, queryHydrators: stages.queryHydrators }),
    impressions,
    sessions,
    scorers,
    parts,
    close: async () => {
      await impressions.close(CLOSE_MS_MAX)
      await scorers.close()
    },
  }
}

const impressionLog = (
  embedded: ServingBackend,
  failed: (error: unknown) => void = () => {},
): ImpressionLog =>
  new ImpressionLog({
    append: async (impressions) => {
      const publisher = embedded.publisher()
      for (const value of impressions) publisher.add({ contract: impressionContract, value })
      await publisher.flush()
    },
    sleep: (ms) => sleep(ms),
    failed,
  })
