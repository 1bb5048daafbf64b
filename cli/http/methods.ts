import type { FastifyInstance } from 'fastify'
import { HttpError } from './errors.ts'

interface KnownPath {
  readonly pattern: RegExp
  readonly methods: Set<string>
}

/** Answers `METHOD_NOT_ALLOWED` where the path is known and the method is not. Call it before routes are added. */
export const refuseMethods = (app: FastifyInstance): void => {
  const paths = new Map<string, KnownPath>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = paths.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() }
    for (const each of [method].flat()) known.methods.add(each)
    paths.set(url, known)
  })
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    const [path = ''] = request.url.split('?')
    const known = [...paths.values()].find(({ pattern }) => pattern.test(path))
    if (known === undefined) return
    const allowed = [...known.methods].join(', ')
    void reply.header('allow', allowed)
    throw new HttpError('METHOD_NOT_ALLOWED', `${path.slice(0, PATH_SHOWN_MAX)} is asked for by ${allowed}`)
  })
}

const PATH_SHOWN_MAX = 200

/** A route's pattern, such as `/v1/feed/:requestId/explain/:postId`, as an expression over paths. */
const patternOf = (url: string): RegExp =>
  new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z]+/g, '[^/]+')}$`)
