import { everything } from '../topologies/index.ts'
import type { Settings } from './config/schema.ts'
import { askedAt } from './http/asked-at.ts'
import { tellOpen } from './http/tell-open.ts'
import { PrometheusMetrics } from './metrics.ts'
import { tellPassing } from './remote/passing.ts'
import { openSchemas } from './remote/registry.ts'
import { systemClock } from './runtime/clock.ts'
import { bothMetrics, EventCounts } from './runtime/event-counts.ts'
import { openServed, type Served } from './serve.ts'
import { toldToStop, untilTold } from './stopping.ts'
import { print } from './terminal.ts'
import { ensureTopics } from './topics/apply.ts'
import { startCarryingWorker, tellCarrying } from './worker/carrying.ts'
import { WorkerInspection } from './worker/inspection.ts'

/** A worker and a serving process in one: on Kafka and Redis, as many processes would be. */
export const openOnServices = async (settings: Settings, learns: boolean): Promise<Served> => {
  const clock = systemClock
  const metrics = new PrometheusMetrics()
  const counts = new EventCounts()
  const schemas = await openSchemas(settings)
  await ensureTopics(everything, settings)
  const carrying = await startCarryingWorker({
    settings,
    schemas,
    clock,
    metrics: bothMetrics(counts, metrics),
    failed: tellPassing(clock),
    tasksChanged: (taskIds) => metrics.keepTasks(taskIds),
  })
  try {
    tellCarrying(metrics.registry, carrying)
    const { running } = carrying
    const inspection = new WorkerInspection({ running, counts, clock, schemas: schemas.inputs })
    const assertRunning = (): void => running.assertRunning()
    const served = await openServed(settings, schemas, { metrics, inspection, assertRunning, learns })
    running.answersAt(askedAt(served.url, settings.serving.host))
    return {
      ...served,
      close: async () => {
        await served.close()
        await carrying.close()
      },
    }
  } catch (error) {
    await carrying.close()
    throw error
  }
}

/**
 * `freshet up --kafka ... --redis ...`: until it is told to stop, or its worker stops on what a person must mend. It then
 * throws that: whatever starts processes would believe one that only serves to be well.
 */
export const upOnServices = async (settings: Settings, learns: boolean): Promise<void> => {
  const served = await openOnServices(settings, learns)
  const told = toldToStop()
  try {
    const { brokers } = settings.kafka
    print(`Freshet listens at ${served.url}, on Kafka at ${brokers.join(', ')}. Stop it with Ctrl+C.`)
    tellOpen(settings.serving.host, settings.http.token)
    await untilTold(told, () => served.backend.assertRunning())
  } finally {
    await served.close()
  }
}
