import fastify, { type FastifyInstance } from 'fastify'
import type { Clock } from '../../engine/clock.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import { requireToken } from '../http/access.ts'
import { adminRoutes } from '../http/admin-routes.ts'
import { HttpError } from '../http/errors.ts'
import { refuseUnknown } from '../http/methods.ts'
import { answerError } from '../http/server.ts'
import type { PrometheusMetrics } from '../metrics.ts'
import type { EventCounts } from '../runtime/event-counts.ts'
import { WorkerInspection } from './inspection.ts'
import type { RunningWorker } from './start.ts'

export interface WorkerHttpServices {
  readonly running: RunningWorker
  readonly metrics: PrometheusMetrics
  readonly counts: EventCounts
  readonly clock: Clock
  readonly schemas: InputSchemas | undefined
  /** See `HttpServices`. */
  readonly token: string | null
}

const HEADER_BYTES_MAX = 16 << 10
const CONNECTIONS_MAX = 100

/**
 * What a worker tells of itself. `/healthz`: it has not stopped on anything. `/readyz`: it is in the group, and the tasks
 * that it is to run are restored. `/metrics`, `/v1/worker`, and `/admin/v1/...` for rows of the tasks that it runs.
 */
export const workerServer = ({
  running,
  metrics,
  counts,
  clock,
  schemas,
  token,
}: WorkerHttpServices): FastifyInstance => {
  const app = fastify({
    logger: false,
    http: { maxHeaderSize: HEADER_BYTES_MAX },
    ajv: { customOptions: { removeAdditional: false } },
    frameworkErrors: answerError,
  })
  app.server.maxConnections = CONNECTIONS_MAX
  app.setErrorHandler(answerError)
  refuseUnknown(app)
  requireToken(app, token)
  app.get('/healthz', () => {
    running.assertRunning()
    return { status: 'alive' }
  })
  app.get('/readyz', () => {
    running.assertRunning()
    const { members, restoring, lagRecords, settled } = running.status()
    if (members.length === 0) throw new HttpError('NOT_READY', 'The group has not been heard of yet')
    const tasks = Object.entries(restoring).map(
      ([id, { read, total }]) => `${id} (${read} of ${total} records)`,
    )
    if (tasks.length > 0) throw new HttpError('NOT_READY', `Tasks are restored: ${tasks.join(', ')}`)
    return { status: 'ready', lagRecords, settled }
  })
  app.get('/v1/worker', () => running.status())
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  )
  adminRoutes(app, { inspection: new WorkerInspection({ running, counts, clock, schemas }) })
  return app
}
