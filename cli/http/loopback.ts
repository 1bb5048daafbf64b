import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { HttpError } from './errors.ts'

const LOOPBACK_ADDRESS = /^(127\.|::1$|::ffff:127\.)/

/**
 * For what tells of people: answers this machine only. The name asked for must be this machine's too, or a web
 * page could have its own name lead here.
 */
export const assertLoopback = (request: FastifyRequest): void => {
  if (LOOPBACK_ADDRESS.test(request.ip) && isLoopbackName(request.hostname)) return
  throw new HttpError('LOOPBACK_ONLY', 'Ask from this machine, at localhost or 127.0.0.1')
}

export const isLoopbackName = (name: string): boolean => {
  const bare = name.replace(/^\[|\]$/g, '')
  return isIP(bare) > 0 ? LOOPBACK_ADDRESS.test(bare) : bare === 'localhost'
}
