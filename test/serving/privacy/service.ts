import type { FeatureReader } from '../../../features/store/port.ts'
import { newMatrices } from '../../../models/scoring/matrices.ts'
import { RowStream, rowsIn } from '../../../models/scoring/row-stream.ts'
import type { Lease, Matrix } from '../../../models/scoring/types.ts'
import { NETWORKS } from '../../../models/rankers.ts'
import { MANIFEST_FORMAT, type ModelName, withVersion } from '../../../models/snapshot/manifest.ts'
import { impressions as impressionTopic } from '../../../processors/topics.ts'
import { feedEffects } from '../../../serving/effects/index.ts'
import { ImpressionLog } from '../../../serving/effects/impression-log.ts'
import { Rankings } from '../../../serving/experiments/rankings.ts'
import { ServedRequests } from '../../../serving/explain/served-requests.ts'
import { FeedPipeline, feedStages } from '../../../serving/feed-pipeline.ts'
import { FeedService } from '../../../serving/feed-service.ts'
import { NO_STAGE_METRICS } from '../../../serving/pipeline/metrics.ts'
import { RANKING_DEFAULTS } from '../../../serving/rules/config.ts'
import { Ranker } from '../../../serving/scorers/ranker.ts'
import type { Scorers } from '../../../serving/scorers/ranking.ts'
import { Cursors } from '../../../serving/sessions/cursor.ts'
import { SESSION_DEFAULTS, SessionStore } from '../../../serving/sessions/session-store.ts'
import type { Retrieval } from '../../../serving/sources/retrieval.ts'
import { Visibility } from '../../../serving/visibility/index.ts'
import type { Restrictions } from '../../../serving/visibility/restrictions.ts'
import { HandAlarm, HandClock } from '../feeds.ts'
import type { ServedState } from '../state.ts'

/** More than a society has posts. */
const ROWS = 16
const matrices = newMatrices({ light: ROWS, heavy: ROWS })
const clock = new HandClock()
const alarm = new HandAlarm()
const cursors = new Cursors(Buffer.from('a secret of tests'))
const rankings = new Rankings(RANKING_DEFAULTS, [])

/** What features say decides nobody's privacy: nothing is known of anybody. */
const features: FeatureReader = {
  readMany: async (_view, keys) => ({
    buffers: keys.map(() => Buffer.alloc(0)),
    starts: new Uint32Array(keys.length),
    ends: new Uint32Array(keys.length),
  }),
  fill: () => undefined,
  position: async () => ({ sequence: 0, newest: -1 }),
}

const manifestOf = (model: ModelName) => {
  const { row, heads } = NETWORKS[model]
  const columns = row.columns.map(({ name }) => name)
  return withVersion({
    format: MANIFEST_FORMAT,
    model,
    origin: 'prior',
    columns,
    columnsHash: row.hash,
    heads: heads.map(({ name }) => name),
    files: {},
  })
}
const manifests = { heavy: manifestOf('heavy'), light: manifestOf('light') }

/** Finds every row as good as every other, at once. */
const streamOver = ({ filled }: Matrix): RowStream =>
  new RowStream(filled, async () => rowsIn(Atomics.load(filled, 0)))

const lease: Lease = {
  ...matrices,
  manifests,
  score: async () => undefined,
  stream: (model) => streamOver(matrices[model]),
  release: () => undefined,
}

const scorers: Scorers = { lease: async () => lease, manifests }

export interface ServiceParts {
  readonly state: ServedState
  readonly restrictions: Restrictions
  readonly retrieval: Retrieval
  /** Called when nothing more is asked before the answer is made. */
  readonly answering: () => void
}

export interface PrivateService {
  readonly feeds: FeedService
  readonly sessions: SessionStore
}

/** The feed's own service and stages, but for scores: what it logs is accepted by the state it reads. */
export const serviceOver = ({ state, restrictions, retrieval, answering }: ServiceParts): PrivateService => {
  const { rows } = state
  const breathe = async (): Promise<void> => undefined
  const stages = feedStages({ rows, clock, restrictions, retrieval, breathe })
  const ranker = new Ranker({ scorers, features, rows, rankings })
  const metrics = NO_STAGE_METRICS
  const sessions = new SessionStore(SESSION_DEFAULTS)
  const impressions = new ImpressionLog({
    append: async (logged) => state.accept(impressionTopic, ...logged),
    sleep: async () => undefined,
    failed: (error) => {
      throw error
    },
  })
  let given = 0
  const feeds = new FeedService({
    pipeline: new FeedPipeline({ stages, ranker, restrictions, clock, alarm, metrics }),
    visibility: new Visibility(rows, restrictions),
    sessions,
    cursors,
    effects: feedEffects({
      impressions,
      shadow: { take: () => undefined },
      requests: new ServedRequests(),
      samples: { add: () => undefined },
    }),
    alarm,
    metrics,
    clock,
    ids: () => `id-${given++}`,
    later: (work) => {
      answering()
      work()
    },
    newestEventAt: () => null,
  })
  return { feeds, sessions }
}
