import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import { errorAnswer } from '../../serving/http/route.ts'
import { HttpError } from './errors.ts'

/** Routes that tell of nobody: probes, scrapers and browsers ask for them without a secret. */
const OPEN = /^\/($|web\/|healthz$|readyz$|metrics$|openapi\.json$|v1\/live$)/

/** What the OpenAPI document calls it. */
export const SECURITY_SCHEME = 'token'

const BEARER = /^Bearer +(\S+) *$/i

/**
 * Answers 401 to whoever does not say the token as `authorization: Bearer …`, but on routes that tell of nobody. Register
 * it before the routes; without a token everybody is answered.
 */
export const requireToken = (app: FastifyInstance, token: string | null): void => {
  if (token === null) return
  const expected = digestOf(token)
  app.addHook('onRoute', (route) => {
    if (!OPEN.test(route.url)) route.schema = withRefusal(route.schema ?? {})
  })
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404 || OPEN.test(request.routeOptions.url ?? '')) return
    if (timingSafeEqual(digestOf(tokenOf(request)), expected)) return
    void reply.header('www-authenticate', 'Bearer')
    throw new HttpError('UNAUTHORIZED')
  })
}

/** Digests are of one length, so that how long a comparison takes says nothing of the token. */
const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()

const tokenOf = ({ headers }: FastifyRequest): string => BEARER.exec(headers.authorization ?? '')?.[1] ?? ''

const withRefusal = (schema: FastifySchema): FastifySchema => ({
  ...schema,
  security: [{ [SECURITY_SCHEME]: [] }],
  response: { ...(schema.response as object | undefined), 401: errorAnswer.json },
})
