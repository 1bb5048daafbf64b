import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { inspect } from 'node:util'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type FeedRouteServices, feedRoutes } from '../../serving/http/feed-routes.ts'
import { explainRoute } from '../../serving/http/explain-route.ts'
import { CliError, systemCodeOf } from '../errors.ts'
import { say } from '../terminal.ts'
import { requireToken } from './access.ts'
import { adminRoutes } from './admin-routes.ts'
import { answerOf, answerOfHttp, HttpError, type HttpErrorCode } from './errors.ts'
import { eventBodies, eventsRoute } from './events-route.ts'
import { healthRoutes } from './health.ts'
import { learningRoutes } from './learning-routes.ts'
import { liveRoute } from './live-route.ts'
import { refuseUnknown } from './methods.ts'
import { metricsRoute } from './metrics-route.ts'
import { describeRoutes } from './openapi.ts'
import { pageRoutes } from './page-routes.ts'
import { refuseMalformed } from './request-form.ts'
import { HTTP_DEFAULTS, type HttpLimits, type HttpServices } from './services.ts'
import { viewersRoute } from './viewers-route.ts'

/** Bodies of other routes than that for events. */
const SMALL_BODY_BYTES_MAX = 64 << 10

/** How often Node looks for requests that are over their time. */
const TIMEOUT_CHECK_MS = 1_000

/** The HTTP server, not listening yet. Close it with `closeServer`. */
export const buildServer = (services: HttpServices, limits: HttpLimits = HTTP_DEFAULTS): FastifyInstance => {
  const { token = null } = services
  const app = fastify({
    logger: false,
    bodyLimit: SMALL_BODY_BYTES_MAX,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    // A request that runs out of time is answered and ended; a client that does not end too would stay for ever.
    connectionTimeout: limits.silentMs,
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      requireHostHeader: false,
    },
    // Unknown parameters are refused, not dropped: a mistyped one would be believed to work.
    ajv: { customOptions: { removeAdditional: false } },
    clientErrorHandler,
    frameworkErrors: answerError,
  })
  app.server.maxConnections = limits.connectionsMax
  app.setErrorHandler(answerError)
  refuseMalformed(app)
  refuseUnknown(app)
  requireToken(app, token)
  metricsRoute(app, services)
  describeRoutes(app, token !== null)
  // Routes come after the plugin that describes them, or it would not hear of them.
  void app.register(async (scope) => {
    healthRoutes(scope, services, limits)
    feedRoutes(scope, feedServices(services))
    explainRoute(scope, services.serving)
    viewersRoute(scope, services)
    liveRoute(scope, services, limits)
    adminRoutes(scope, services)
    learningRoutes(scope, services)
    pageRoutes(scope)
  })
  void app.register(async (scope) => {
    eventBodies(scope)
    eventsRoute(scope, services, limits)
  })
  return app
}

const feedServices = ({ serving, clock, backend }: HttpServices): FeedRouteServices => ({
  feeds: serving.feeds,
  clock,
  assertRunning: () => backend.assertRunning(),
})

/** Answers what a route threw. */
export const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const answer = answerOf(error)
  if (answer === null) {
    tell(request.method, request.routeOptions.url ?? 'unknown', error)
    const { status, body } = answerOfHttp(new HttpError('INTERNAL'))
    void reply.code(status).send(body)
    return
  }
  if (answer.retryAfterSeconds !== null) void reply.header('retry-after', answer.retryAfterSeconds)
  void reply.code(answer.status).send(answer.body)
}

/** The route's pattern and the error's kind and place: what was asked for, and an error's text, may name a person. */
const tell = (method: string, route: string, error: unknown): void => {
  const [, place = ''] = error instanceof Error ? (error.stack ?? '').split(/\n\s*(?=at )/) : []
  const detail = process.env['FRESHET_DEBUG'] === undefined ? `${nameOf(error)} ${place}` : inspect(error)
  say(`INTERNAL: ${method} ${route}: ${detail}`)
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

const OF_CLIENT: Readonly<Record<string, HttpErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
}

/** What Node refuses before there is a request. */
const clientErrorHandler = (error: Error & { readonly code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const code = OF_CLIENT[error.code ?? ''] ?? 'BAD_REQUEST'
  const { status, body } = answerOfHttp(new HttpError(code))
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  )
}

/** Listens, and answers the URL. Throws what `--port` and `--host` can mend by name. */
export const listen = async (app: FastifyInstance, host: string, port: number): Promise<string> => {
  try {
    return await app.listen({ host, port })
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'EADDRINUSE')
      throw new CliError('PORT_TAKEN', `port ${port} of ${host} is taken`, { cause: error })
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
      throw new CliError('HOST_REFUSED', `cannot listen on ${host}, port ${port} (${code})`, { cause: error })
    }
    throw error
  }
}

/** Takes no more requests, gives those under way a moment, and closes. */
export const closeServer = async (app: FastifyInstance, closeMs: number): Promise<void> => {
  const deadline = setTimeout(() => app.server.closeAllConnections(), closeMs)
  await app.close()
  clearTimeout(deadline)
}
