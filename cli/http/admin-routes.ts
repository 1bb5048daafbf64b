import type { FastifyInstance, FastifySchema } from 'fastify'
import { LETTERS_MAX, ROWS_MAX } from '../inspect/inspection.ts'
import { timeSchema } from '../../serving/http/feed-schemas.ts'
import { assertLoopback } from './loopback.ts'
import { modelRoutes } from './model-routes.ts'
import type { HttpServices } from './services.ts'

const KEYS_MAX = 4
const key = { type: 'array', minItems: 1, maxItems: KEYS_MAX, items: { type: 'string' } } as const
const asOf = timeSchema.json
const limit = { type: 'integer', minimum: 1, default: 20 } as const

const query = (properties: object, required: readonly string[] = []): object => ({
  querystring: { type: 'object', additionalProperties: false, required, properties },
})

const replayBody = {
  type: 'object',
  additionalProperties: false,
  required: ['id'],
  properties: { id: { type: 'string', maxLength: 128 } },
} as const

interface StoreParams {
  readonly store: string
}

/** A process that serves no feeds has no models either. */
export type AdminServices = Pick<HttpServices, 'inspection'> & Partial<Pick<HttpServices, 'serving'>>

/**
 * `/admin/v1/...`: what `freshet state`, `feature`, `dlq` and `model` ask of a running server. It tells of
 * people, so it answers this machine only.
 */
export const adminRoutes = (app: FastifyInstance, { inspection, serving }: AdminServices): void => {
  void app.register(
    async (admin) => {
      admin.addHook('onRequest', async (request) => assertLoopback(request))
      admin.addHook('onRoute', hidden)
      if (serving !== undefined) modelRoutes(admin, { serving })
      admin.get('/status', () => inspection.status())
      admin.get('/stores', async () => ({ stores: await inspection.stores() }))
      admin.get<{ Params: StoreParams; Querystring: { key: string[]; asOf?: number } }>(
        '/stores/:store/row',
        { schema: query({ key, asOf }, ['key']) },
        ({ params, query }) => inspection.row(params.store, query.key, query.asOf ?? null),
      )
      admin.get<{ Params: StoreParams; Querystring: { prefix: string; limit: number; asOf?: number } }>(
        '/stores/:store/rows',
        {
          schema: query({
            prefix: { type: 'string', default: '' },
            limit: { ...limit, maximum: ROWS_MAX },
            asOf,
          }),
        },
        ({ params, query }) => inspection.rows(params.store, query.prefix, query.limit, query.asOf ?? null),
      )
      admin.get<{ Params: { view: string }; Querystring: { key: string[]; asOf?: number } }>(
        '/features/:view',
        { schema: query({ key, asOf }, ['key']) },
        ({ params, query }) => inspection.feature(params.view, query.key, query.asOf ?? null),
      )
      admin.get<{ Querystring: { topic?: string; limit: number } }>(
        '/dead-letters',
        { schema: query({ topic: { type: 'string' }, limit: { ...limit, maximum: LETTERS_MAX } }) },
        ({ query }) => inspection.letters(query.topic ?? null, query.limit),
      )
      admin.get<{ Querystring: { id: string } }>(
        '/dead-letters/letter',
        { schema: query({ id: { type: 'string' } }, ['id']) },
        ({ query }) => inspection.letter(query.id),
      )
      admin.post<{ Body: { id: string } }>(
        '/dead-letters/replay',
        { schema: { body: replayBody } },
        ({ body }) => inspection.replay(body.id),
      )
    },
    { prefix: '/admin/v1' },
  )
}

/** For people at this machine: no part of what the OpenAPI document promises. */
const hidden = (route: { schema?: FastifySchema }): void => {
  route.schema = { ...route.schema, hide: true }
}
