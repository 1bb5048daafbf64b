import type { FastifyInstance } from 'fastify'
import { RecentViewers } from '../live/recent-viewers.ts'
import { assertLoopback } from './loopback.ts'
import type { HttpServices } from './services.ts'

export const VIEWERS_MAX = 200
const VIEWERS_DEFAULT = 50

const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: { limit: { type: 'integer', minimum: 1, maximum: VIEWERS_MAX, default: VIEWERS_DEFAULT } },
} as const

/** `GET /v1/viewers?limit`: who did something of late, busiest first. It names people, so it answers this machine only. */
export const viewersRoute = (app: FastifyInstance, { backend, clock }: HttpServices): void => {
  const recent = new RecentViewers(backend.log, clock)
  app.get<{ Querystring: { readonly limit: number } }>(
    '/v1/viewers',
    { schema: { querystring, hide: true }, onRequest: async (request) => assertLoopback(request) },
    async ({ query }) => ({ viewers: await recent.list(query.limit) }),
  )
}
