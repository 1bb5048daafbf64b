import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ServingError } from '../../serving/errors.ts'
import type { HttpServices } from './services.ts'
import { statusOfServing } from './statuses.ts'

/** `GET /metrics`, for Prometheus; and the time of every request, by route. */
export const metricsRoute = (app: FastifyInstance, { metrics, live }: HttpServices): void => {
  app.addHook('onResponse', (request, reply, done) => {
    const route = routeOf(request)
    metrics.request(route, reply.statusCode, reply.elapsedTime)
    if (route === '/v1/feed' && reply.statusCode === 200) live.feed(reply.elapsedTime)
    done()
  })
  // Nothing is answered to a client that hung up, so no response is told of above.
  app.addHook('onError', (request, reply, error, done) => {
    if (error instanceof ServingError && error.code === 'CLIENT_GONE')
      metrics.request(routeOf(request), statusOfServing(error.code), reply.elapsedTime)
    done()
  })
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const text = await metrics.registry.metrics()
    return reply.type(metrics.registry.contentType).send(text)
  })
}

const routeOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? 'unknown'
