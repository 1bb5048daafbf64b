import { everything } from '../../topologies/index.ts'
import type { Settings } from '../config/schema.ts'
import { memberOf } from '../config/services.ts'
import { askedAt } from '../http/asked-at.ts'
import { closeServer, listen } from '../http/server.ts'
import { HTTP_DEFAULTS } from '../http/services.ts'
import { PrometheusMetrics } from '../metrics.ts'
import { tellPassing } from '../remote/passing.ts'
import { openSchemas } from '../remote/registry.ts'
import { systemClock } from '../runtime/clock.ts'
import { bothMetrics, EventCounts } from '../runtime/event-counts.ts'
import { print, say } from '../terminal.ts'
import { ensureTopics } from '../topics/apply.ts'
import { startCarryingWorker, tellCarrying } from './carrying.ts'
import { workerServer } from './http.ts'

const FAILURE_CHECK_MS = 250

/** Runs a worker until the process is told to stop, or the worker stops on what a person must mend: it then throws that. */
export const runWorker = async (settings: Settings): Promise<void> => {
  const told = new AbortController()
  const stop = (): void => {
    if (told.signal.aborted) process.exit(1)
    told.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const clock = systemClock
  const registered = new PrometheusMetrics()
  const counts = new EventCounts()
  const schemas = await openSchemas(settings)
  await ensureTopics(everything, settings)
  const metrics = bothMetrics(counts, registered)
  const failed = tellPassing(clock)
  const carrying = await startCarryingWorker({
    settings,
    schemas,
    clock,
    metrics,
    failed,
    tasksChanged: (taskIds) => registered.keepTasks(taskIds),
  })
  const { running } = carrying
  tellCarrying(registered.registry, carrying)
  const app = workerServer({
    running,
    metrics: registered,
    counts,
    clock,
    schemas: schemas.inputs,
    token: settings.http.token,
  })
  try {
    const { host, port, group } = settings.worker
    const url = await listen(app, host, port)
    running.answersAt(askedAt(url, host))
    print(
      `Worker "${memberOf(settings)}" of group "${group}" tells of itself at ${url}. Stop it with Ctrl+C.`,
    )
    await untilTold(told.signal, () => running.assertRunning())
    say('Handing tasks over.')
  } finally {
    await closeServer(app, HTTP_DEFAULTS.closeMs)
    await carrying.close()
  }
}

const untilTold = (told: AbortSignal, check: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      try {
        check()
      } catch (error) {
        clearInterval(timer)
        reject(error)
      }
    }, FAILURE_CHECK_MS)
    const end = (): void => {
      clearInterval(timer)
      resolve()
    }
    if (told.aborted) end()
    told.addEventListener('abort', end)
  })
