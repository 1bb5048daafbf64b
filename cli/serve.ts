import { everything } from '../topologies/index.ts'
import type { Settings } from './config/schema.ts'
import { lineOf } from './errors.ts'
import { buildServer, closeServer, listen } from './http/server.ts'
import { HTTP_DEFAULTS } from './http/services.ts'
import { tellOpen } from './http/tell-open.ts'
import type { Inspection } from './inspect/inspection.ts'
import { ServedInspection } from './inspect/served.ts'
import { tellLearning } from './learning/metrics.ts'
import { openLearning } from './learning/open.ts'
import { LiveFigures } from './live/live-figures.ts'
import { PrometheusMetrics } from './metrics.ts'
import { RemoteBackend } from './remote/backend.ts'
import { tellRemote } from './remote/metrics.ts'
import { tellPassing } from './remote/passing.ts'
import { openSchemas, type Schemas } from './remote/registry.ts'
import { ServedStores } from './remote/stores.ts'
import { systemClock } from './runtime/clock.ts'
import { tellUnlearned, tellUnranked, tellUnserved } from './serving/failures.ts'
import { tellModels, tellServing, tellShadow } from './serving/metrics.ts'
import { openServing } from './serving/open.ts'
import { PrometheusStageMetrics } from './stage-metrics.ts'
import { stopOnSignals } from './stopping.ts'
import { print, say } from './terminal.ts'
import { ensureTopics } from './topics/apply.ts'

export interface Served {
  readonly url: string
  readonly backend: RemoteBackend
  close(): Promise<void>
}

/** What a worker in the same process has already. */
export interface ServedWith {
  readonly metrics?: PrometheusMetrics
  readonly inspection?: Inspection
  /** See `RemoteOptions`. */
  readonly assertRunning?: () => void
  /** Whether models learn in this process; false where absent. */
  readonly learns?: boolean
}

/** How far workers are is not for serving processes to answer for: another one of them would be no further. */
const LIMITS = { ...HTTP_DEFAULTS, readyLagRecordsMax: Infinity, stalledMs: Infinity }

/** A serving process: takes events over HTTP to Kafka, and answers feeds from rows on Redis. */
export const openServed = async (
  settings: Settings,
  schemas: Schemas,
  { metrics = new PrometheusMetrics(), inspection: given, assertRunning, learns = false }: ServedWith = {},
): Promise<Served> => {
  const clock = systemClock
  const live = new LiveFigures(clock)
  let processed = 0
  const backend = await RemoteBackend.open({
    settings,
    topology: everything,
    schemas,
    clock,
    processed: (topic, events) => {
      processed += events
      live.count('events', { topic }, events)
    },
    failed: tellPassing(clock),
    ...(assertRunning !== undefined && { assertRunning }),
  })
  /** Closed in turn, the last first: what a failing start leaves open would keep the process from ending. */
  const opened = [(): Promise<void> => backend.close()]
  const close = async (): Promise<void> => {
    for (const closeOne of opened.toReversed()) await closeOne()
  }
  try {
    live.watch(backend, everything)
    const serving = await openServing({
      backend,
      data: settings.serving.data,
      clock,
      metrics: new PrometheusStageMetrics(metrics.registry),
      scorers: settings.serving.scorers,
      cursorSecret: settings.serving.cursorSecret,
      failed: (error) => say(`freshet: impressions wait: ${lineOf(error)}`),
      searchFailed: (error) => say(`freshet: new posts are not searched: ${lineOf(error)}`),
      modelFailed: tellUnserved,
      rankingFailed: tellUnranked,
    })
    opened.push(() => serving.close())
    tellServing(metrics.registry, serving)
    tellModels(metrics.registry, serving.models.registry, clock)
    tellShadow(metrics.registry, serving.models.shadow)
    tellRemote(metrics.registry, backend)
    const { log } = backend
    const { data } = settings.serving
    const { negativesKept } = settings.learning
    const failed = tellUnlearned
    const learning = openLearning({ log, serving, data, clock, learns, negativesKept, failed })
    opened.push(() => learning.close())
    tellLearning(metrics.registry, learning)
    const inspection =
      given ??
      new ServedInspection({
        log: backend.log,
        rows: backend.rows,
        stores: new ServedStores(everything).names(),
        topology: everything,
        schemas: schemas.inputs,
        clock,
        progress: () => ({ processed, lagRecords: backend.lagRecords(), settled: backend.isSettled }),
      })
    const app = buildServer(
      { backend, serving, inspection, clock, metrics, live, learning, token: settings.http.token },
      LIMITS,
    )
    opened.push(() => closeServer(app, HTTP_DEFAULTS.closeMs))
    const url = await listen(app, settings.serving.host, settings.serving.port)
    return { url, backend, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** `freshet serve`: until it is told to stop. */
export const serve = async (settings: Settings): Promise<void> => {
  const schemas = await openSchemas(settings)
  await ensureTopics(everything, settings)
  const served = await openServed(settings, schemas)
  stopOnSignals(() => served.close())
  print(`Freshet serves at ${served.url}. Stop it with Ctrl+C.`)
  tellOpen(settings.serving.host, settings.http.token)
}
