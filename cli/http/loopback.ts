import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { HttpError } from './errors.ts'

const LOOPBACK_ADDRESS = /^(127\.|::1$|::ffff:127\.)/

/** Who asks through a proxy on this machine looks like this machine, and says so in one of these. */
const PROXIED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/**
 * For what tells of people: answers this machine only. The name asked for must be this machine's too, or a web
 * page could have its own name lead here; nor may a proxy have passed it on, for whoever asked it.
 */
export const assertLoopback = (request: FastifyRequest): void => {
  const isPassedOn = PROXIED.some((header) => request.headers[header] !== undefined)
  if (!isPassedOn && LOOPBACK_ADDRESS.test(request.ip) && isLoopbackName(request.hostname)) return
  throw new HttpError('LOOPBACK_ONLY')
}

export const isLoopbackName = (name: string): boolean => {
  const bare = name.replace(/^\[|\]$/g, '')
  return isIP(bare) > 0 ? LOOPBACK_ADDRESS.test(bare) : bare === 'localhost'
}
