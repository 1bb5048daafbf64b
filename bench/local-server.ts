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

const CLOSE_MS_MAX = 1_000

/** What `freshet up` runs, in this process: for benchmarks that look inside. */
export interface LocalServer {
  readonly url: string
  readonly embedded: Embedded
  readonly serving: Serving
  stop(): Promise<void>
}

export interface LocalServerOptions {
  /** Of a new directory. */
  readonly partitions?: number
  /** Stages have all the time they need: what a feed holds does not hang on how busy the machine is. */
  readonly patient?: boolean
  /** False where feeds must be a function of the log alone: the index of retrieval follows posts by the clock. */
  readonly retrieves?: boolean
}

/** Opens a data directory and serves it on a port of this machine. */
export const startLocalServer = async (
  directory: string,
  { partitions, patient, retrieves = true }: LocalServerOptions = {},
): Promise<LocalServer> => {
  const metrics = new PrometheusMetrics()
  const live = new LiveFigures(systemClock)
  const opened = await openData({
    data: directory,
    metrics: bothMetrics(metrics, live),
    serves: true,
    ...(partitions !== undefined && { partitions }),
  })
  live.watch(opened)
  const { embedded, counts, topology } = opened
  const serving = await openServing({
    embedded,
    data: directory,
    clock: systemClock,
    metrics: new PrometheusStageMetrics(metrics.registry),
    ...(patient && { alarm: patientAlarm }),
    retrieves,
  })
  const inspection = new LocalInspection({ embedded, topology, counts, clock: systemClock })
  const app = buildServer({ embedded, serving, inspection, clock: systemClock, metrics, live })
  const url = await listen(app, '127.0.0.1', 0)
  const stop = async (): Promise<void> => {
    await closeServer(app, CLOSE_MS_MAX)
    await serving.close()
    await embedded.close()
  }
  return { url, embedded, serving, stop }
}
