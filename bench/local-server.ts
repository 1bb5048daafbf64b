import { buildServer, closeServer, listen } from '../cli/http/server.ts'
import { LocalInspection } from '../cli/inspect/local.ts'
import { LiveFigures } from '../cli/live/live-figures.ts'
import { PrometheusMetrics } from '../cli/metrics.ts'
import { patientAlarm } from '../cli/runtime/alarm.ts'
import { systemClock } from '../cli/runtime/clock.ts'
import type { Embedded } from '../cli/runtime/embedded.ts'
import { bothMetrics } from '../cli/runtime/event-counts.ts'
import { openData } from '../cli/runtime/open.ts'
import { openServing, type Serving } from '../cli/serving/open.ts'
import { PrometheusStageMetrics } from '../cli/stage-metrics.ts'
import type { Limits } from '../serving/inventory.ts'

const CLOSE_MS_MAX = 1_000

/** What answers feeds on a port. */
export interface ServedHere {
  readonly url: string
  readonly serving: Serving
  stop(): Promise<void>
}

/** What `freshet up` runs, in this process: for benchmarks that look inside. */
export interface LocalServer extends ServedHere {
  readonly embedded: Embedded
  /** Serves the same data once more, otherwise; to be stopped first. */
  serveBeside(options: Omit<LocalServerOptions, 'partitions'>): Promise<ServedHere>
}

export interface LocalServerOptions {
  /** Of a new directory. */
  readonly partitions?: number
  /** Stages have all the time they need: what a feed holds does not hang on how busy the machine is. */
  readonly patient?: boolean
  /** False where feeds must be a function of the log alone: the index of retrieval follows posts by the clock. */
  readonly retrieves?: boolean
  /** How many candidates a feed is made of. */
  readonly limits?: Limits
}

/** Opens a data directory and serves it on a port of this machine. */
export const startLocalServer = async (
  directory: string,
  options: LocalServerOptions = {},
): Promise<LocalServer> => {
  const metrics = new PrometheusMetrics()
  const live = new LiveFigures(systemClock)
  const { partitions } = options
  const opened = await openData({
    data: directory,
    metrics: bothMetrics(metrics, live),
    serves: true,
    ...(partitions !== undefined && { partitions }),
  })
  live.watch(opened.embedded, opened.topology)
  const served = await serveOpened(opened, directory, { metrics, live }, options)
  const stop = async (): Promise<void> => {
    await served.stop()
    await opened.embedded.close()
  }
  const serveBeside = async (others: LocalServerOptions): Promise<ServedHere> => {
    const beside = { metrics: new PrometheusMetrics(), live: new LiveFigures(systemClock) }
    return serveOpened(opened, directory, beside, others)
  }
  return { ...served, embedded: opened.embedded, stop, serveBeside }
}

const serveOpened = async (
  { embedded, counts, topology }: Awaited<ReturnType<typeof openData>>,
  directory: string,
  { metrics, live }: { readonly metrics: PrometheusMetrics; readonly live: LiveFigures },
  { patient, retrieves = true, limits }: LocalServerOptions,
): Promise<ServedHere> => {
  const serving = await openServing({
    backend: embedded,
    data: directory,
    clock: systemClock,
    metrics: new PrometheusStageMetrics(metrics.registry),
    ...(patient && { alarm: patientAlarm }),
    ...(limits && { limits }),
    retrieves,
  })
  const inspection = new LocalInspection({ embedded, topology, counts, clock: systemClock })
  const app = buildServer({ backend: embedded, serving, inspection, clock: systemClock, metrics, live })
  const url = await listen(app, '127.0.0.1', 0)
  const stop = async (): Promise<void> => {
    await closeServer(app, CLOSE_MS_MAX)
    await serving.close()
  }
  return { url, serving, stop }
}
