import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { HttpError } from './errors.ts'
import type { HttpLimits, HttpServices } from './services.ts'

const INTERVAL_MS = 1_000

/**
 * `GET /v1/live`: server-sent events, a report of the last seconds once a second. One timer serves all who listen;
 * a listener that does not keep up misses reports, and waits for none.
 */
export const liveRoute = (app: FastifyInstance, { live }: HttpServices, limits: HttpLimits): void => {
  const listeners = new Set<Readable>()
  const tell = (to: Iterable<Readable>): void => {
    const report = `data: ${JSON.stringify(live.read())}\n\n`
    for (const listener of to) if (listener.readableLength === 0) listener.push(report)
  }
  const timer = setInterval(() => {
    if (listeners.size > 0) tell(listeners)
  }, INTERVAL_MS).unref()
  app.addHook('preClose', (done) => {
    clearInterval(timer)
    for (const listener of listeners) listener.push(null)
    done()
  })
  // A HEAD request would listen and never end.
  app.get('/v1/live', { exposeHeadRoute: false, schema: { hide: true } }, (_request, reply) => {
    if (listeners.size >= limits.liveListenersMax) {
      throw new HttpError('TOO_BUSY', `${listeners.size} clients listen already`)
    }
    const listener = new Readable({ read: () => undefined })
    listener.once('close', () => listeners.delete(listener))
    listeners.add(listener)
    tell([listener])
    return reply.type('text/event-stream').header('cache-control', 'no-store').send(listener)
  })
}
