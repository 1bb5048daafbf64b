import type { FastifyInstance } from 'fastify'
import type { HttpServices } from './services.ts'

/** `GET /metrics`, for Prometheus; and the time of every request, by route. */
export const metricsRoute = (app: FastifyInstance, { metrics, live }: HttpServices): void => {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    metrics.request(route, reply.statusCode, reply.elapsedTime)
    if (route === '/v1/feed' && reply.statusCode === 200) live.feed(reply.elapsedTime)
    done()
  })
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const text = await metrics.registry.metrics()
    return reply.type(metrics.registry.contentType).send(text)
  })
}
