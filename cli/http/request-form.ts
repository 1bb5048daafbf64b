import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HttpError } from './errors.ts'

/** Refuses what neither Node nor the framework does, though no route could read it rightly. */
export const refuseMalformed = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (request) => {
    assertHost(request)
    assertReadableUrl(request)
  })
  app.addHook('preHandler', async (request) => assertFinite(request.query))
}

/** HTTP/1.1 asks for it. Node would refuse it too, but without a code. */
const assertHost = ({ raw, headers }: FastifyRequest): void => {
  if (headers.host !== undefined || raw.httpVersion !== '1.1') return
  throw new HttpError('BAD_REQUEST', 'The request names no host: send a Host header')
}

const PRINTABLE_ASCII = /^[\x21-\x7e]*$/

/** The parser leaves broken escapes as they stand, and bytes beyond ASCII as Latin-1: a user other than meant. */
const assertReadableUrl = ({ raw }: FastifyRequest): void => {
  const url = raw.url ?? ''
  if (PRINTABLE_ASCII.test(url) && isDecodable(url)) return
  throw new HttpError('BAD_REQUEST', 'The URL is not ASCII with UTF-8 in % escapes: encode its parameters')
}

const isDecodable = (url: string): boolean => {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}

/** The validator takes 1e999 for an integer, and Infinity for one within any limits. */
const assertFinite = (query: unknown): void => {
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== Infinity && value !== -Infinity) continue
    throw new HttpError(
      'BAD_REQUEST',
      `${name} is beyond what is counted: send a number within its limits`,
      name,
    )
  }
}
