import fastify, { type FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { refuseUnknown } from '../http/methods.ts'
import { answerError } from '../http/server.ts'

const CONNECTIONS_MAX = 16

/** What a trainer that is a process of its own tells of itself: `/healthz`, and `/metrics`, which name nobody. */
export const trainerServer = (registry: Registry): FastifyInstance => {
  const app = fastify({ logger: false, frameworkErrors: answerError })
  app.server.maxConnections = CONNECTIONS_MAX
  app.setErrorHandler(answerError)
  refuseUnknown(app)
  app.get('/healthz', () => ({ status: 'alive' }))
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
  return app
}
