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
import { toldToStop, untilTold } from '../stopping.ts'
import { print, say } from '../terminal.ts'
import { ensureTopics } from '../topics/apply.ts'
import { startCarryingWorker, tellCarrying } from './carrying.ts'
import { workerServer } from './http.ts'

/** Runs a worker until the process is told to stop, or the worker stops on what a person must mend: it then throws that. */
export const runWorker = async (settings: Settings): Promise<void> => {
  const told = toldToStop()
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
    await untilTold(told, () => running.assertRunning())
    say('Handing tasks over.')
  } finally {
    await closeServer(app, HTTP_DEFAULTS.closeMs)
    await carrying.close()
  }
}
