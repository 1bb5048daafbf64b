import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import type { ScorerPool } from '../../models/scoring/pool.ts'
import { impressions as impressionContract } from '../../schemas/impressions/index.ts'
import { rankingSamples } from '../../schemas/ranking-samples/index.ts'
import { feedEffects } from '../../serving/effects/index.ts'
import { ImpressionLog } from '../../serving/effects/impression-log.ts'
import { Explainer } from '../../serving/explain/explainer.ts'
import { ServedRequests } from '../../serving/explain/served-requests.ts'
import { FeedPipeline, type FeedPipelineParts, feedStages } from '../../serving/feed-pipeline.ts'
import { FeedService } from '../../serving/feed-service.ts'
import type { Limits } from '../../serving/inventory.ts'
import type { StageMetrics } from '../../serving/pipeline/metrics.ts'
import type { ExperimentConfig } from '../../serving/experiments/config.ts'
import { Rankings } from '../../serving/experiments/rankings.ts'
import { RANKING_DEFAULTS, type RankingConfig } from '../../serving/rules/config.ts'
import { SampleLog } from '../../serving/sampling/sample-log.ts'
import { GivenScorer } from '../../serving/scorers/given-scorer.ts'
import { Ranker } from '../../serving/scorers/ranker.ts'
import type { Ranking } from '../../serving/scorers/ranking.ts'
import { Cursors } from '../../serving/sessions/cursor.ts'
import type { SearchedPosts, VersionedTowers } from '../../serving/retrieval/searched-posts.ts'
import { SESSION_DEFAULTS, type SessionLimits, SessionStore } from '../../serving/sessions/session-store.ts'
import { noRetrieval } from '../../serving/sources/retrieval.ts'
import type { Alarm } from '../../serving/pipeline/alarm.ts'
import { Visibility } from '../../serving/visibility/index.ts'
import { type LoadedTowers, readTowers } from '../../models/retrieval/tower-snapshot.ts'
import { systemAlarm } from '../runtime/alarm.ts'
import type { ServingBackend } from '../runtime/backend.ts'
import { RANKING_FILE, RankingFile } from './ranking-file.ts'
import { openModels, type ServedModels } from './models.ts'
import { followPosts } from './retrieval.ts'

export interface ServingOptions {
  readonly backend: ServingBackend
  /** The data directory: snapshots of models lie in it. */
  readonly data: string
  readonly clock: Clock
  readonly metrics: StageMetrics
  /** Threads that score. */
  readonly scorers?: number
  /** Until the data directory's file of rankings says otherwise. */
  readonly config?: RankingConfig
  readonly experiments?: readonly ExperimentConfig[]
  readonly sessions?: SessionLimits
  /** Signs cursors; drawn anew where absent, so that those of other processes are refused. */
  readonly cursorSecret?: string | null
  /** False where nobody's feed needs posts by strangers, or where a feed must be a function of the log alone. */
  readonly retrieves?: boolean
  /** How many candidates a feed is made of; as serving/quotas.ts says where absent. */
  readonly limits?: Limits
  /** Rings when a stage is late. */
  readonly alarm?: Alarm
  /** Told why impressions could not be written. */
  readonly failed?: (error: unknown) => void
  /** Told why new posts cannot be searched. */
  readonly searchFailed?: (error: unknown) => void
  /** Told why the file of rankings is not followed. */
  readonly rankingFailed?: (error: unknown) => void
  /** Told why a snapshot that is live could not be served. */
  readonly modelFailed?: (error: unknown) => void
}

/** Everything that answers feeds, in one process with the tasks whose rows it reads. */
export interface Serving {
  readonly feeds: FeedService
  readonly explainer: Explainer
  readonly given: GivenScorer
  readonly impressions: ImpressionLog
  readonly samples: SampleLog
  readonly sessions: SessionStore
  readonly scorers: ScorerPool
  readonly models: ServedModels
  readonly rankingFile: RankingFile
  /** Undefined where nothing is retrieved. */
  readonly retrieval: SearchedPosts | undefined
  /** What the pipeline is made of, for those who measure it. */
  readonly parts: FeedPipelineParts<Ranking>
  /** Writes the impressions that wait, and stops the scorers. No feed may be asked for any more. */
  close(): Promise<void>
}

const SECRET_BYTES = 32
/** Impressions that wait have this long to be written when the server stops. */
const CLOSE_MS_MAX = 5_000

export const openServing = async (options: ServingOptions): Promise<Serving> => {
  const { backend, clock, metrics } = options
  const rankings = new Rankings(options.config ?? RANKING_DEFAULTS, options.experiments ?? [])
  const rankingFile = new RankingFile({
    path: join(options.data, RANKING_FILE),
    rankings,
    failed: options.rankingFailed ?? tellNobody,
  })
  await rankingFile.start()
  const models = await openModels({
    data: options.data,
    clock,
    workers: options.scorers ?? 1,
    failed: options.modelFailed ?? tellNobody,
  }).catch(async (error: unknown) => {
    await rankingFile.stop()
    throw error
  })
  const { scorers, shadow } = models
  const { rows, rowsNow, features, restrictions } = backend
  const ranker = new Ranker({ scorers, features, rows, rankings })
  const retrieval = options.retrieves === false ? undefined : retrieving(options, models)
  const stages = feedStages({
    rows,
    clock,
    restrictions,
    retrieval: retrieval ?? noRetrieval,
    breathe: () => nextTurn(),
  })
  const parts = {
    stages,
    ranker,
    restrictions,
    clock,
    alarm: options.alarm ?? systemAlarm,
    metrics,
    ...(options.limits && { limits: options.limits }),
  }
  const pipeline = new FeedPipeline(parts)
  const visibility = new Visibility(rowsNow, restrictions)
  const requests = new ServedRequests()
  const sessions = new SessionStore(options.sessions ?? SESSION_DEFAULTS)
  const impressions = impressionLog(backend, options.failed ?? tellNobody)
  const samples = new SampleLog(async (some) => {
    const publisher = backend.publisher()
    for (const value of some) publisher.add({ contract: rankingSamples, value })
    await publisher.flush()
  })
  const feeds = new FeedService({
    pipeline,
    visibility,
    sessions,
    cursors: new Cursors(secretOf(options)),
    effects: feedEffects({ impressions, shadow, samples, requests }),
    clock,
    alarm: parts.alarm,
    metrics,
    ids: () => randomUUID(),
    later: (work) => setImmediate(work),
    newestEventAt: () => backend.newestEventAt(),
    degraded: () => backend.degraded(),
  })
  backend.yieldTo?.(() => feeds.isRanking)
  return {
    feeds,
    explainer: new Explainer({ requests, rows, stages, visibility }),
    given: new GivenScorer({ rows, ranker, stages }),
    impressions,
    samples,
    sessions,
    scorers,
    models,
    rankingFile,
    retrieval,
    parts,
    close: async () => {
      await rankingFile.stop()
      await retrieval?.close()
      await impressions.close(CLOSE_MS_MAX)
      await samples.close()
      await models.close()
    },
  }
}

/** Searches by the towers that are live. */
const retrieving = (
  { backend, searchFailed }: ServingOptions,
  { towers, serve }: ServedModels,
): SearchedPosts => {
  const posts = followPosts(backend, versioned(towers), searchFailed ?? tellNobody)
  const swap = async (directory: string): Promise<void> => posts.swap(versioned(await readTowers(directory)))
  serve('retrieval', { version: towers.manifest.version, swap })
  return posts
}

const versioned = ({ manifest: { version }, parameters }: LoadedTowers): VersionedTowers => ({
  version,
  parameters,
})

const secretOf = ({ cursorSecret }: ServingOptions): Buffer =>
  typeof cursorSecret === 'string' ? Buffer.from(cursorSecret) : randomBytes(SECRET_BYTES)

const tellNobody = (): void => undefined

const impressionLog = (backend: ServingBackend, failed: (error: unknown) => void): ImpressionLog =>
  new ImpressionLog({
    append: async (impressions) => {
      const publisher = backend.publisher()
      for (const value of impressions) publisher.add({ contract: impressionContract, value })
      await publisher.flush()
    },
    sleep: (ms) => sleep(ms),
    failed,
  })
