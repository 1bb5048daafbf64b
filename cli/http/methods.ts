import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HttpError } from './errors.ts'

/** A path that has routes, and their methods. */
interface KnownPath {
  readonly pattern: RegExp
  readonly methods: Set<string>
}

const PARAMETER = /:[^/]+/g
const SPECIAL = /[.*+?^${}()|[\]\\]/g

/**
 * Answers what no route takes before its body is read: 404, or 405 with the methods there are for a path that
 * is known by others. Register it before the routes.
 */
export const refuseUnknown = (app: FastifyInstance): void => {
  const known = new Map<string, KnownPath>()
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replaceAll(SPECIAL, '\\$&').replaceAll(PARAMETER, '[^/]+')}$`)
    const path = known.get(url) ?? { pattern, methods: new Set<string>() }
    for (const each of [method].flat()) path.methods.add(each)
    known.set(url, path)
  })
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    const methods = methodsAt([...known.values()], request)
    if (methods.length === 0) throw notFound([...known.keys()])
    void reply.header('allow', methods.join(', '))
    throw new HttpError(
      'METHOD_NOT_ALLOWED',
      `${request.method} is not taken here; ${methods.join(' and ')} are`,
    )
  })
}

const methodsAt = (known: readonly KnownPath[], { url }: FastifyRequest): string[] => {
  const [path = ''] = url.split('?')
  return [...new Set(known.flatMap(({ pattern, methods }) => (pattern.test(path) ? [...methods] : [])))]
}

/** Routes that the answer to a lost request names: those for apps and operators, not for the page or this machine. */
const TOLD = /^\/(v1|healthz|readyz|metrics|openapi)/

const notFound = (urls: readonly string[]): HttpError =>
  new HttpError('NOT_FOUND', `Routes are ${urls.filter((url) => TOLD.test(url)).join(', ')}`)
