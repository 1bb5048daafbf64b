import type { FastifyInstance } from 'fastify'
import { REGISTERED_MODELS, type RegisteredModel, SHADOW_SHARE_MIN } from '../../models/registry/record.ts'
import { LocalModels, type Promotion } from '../models/admin.ts'
import type { HttpServices } from './services.ts'

const REASON_CHARACTERS_MAX = 512
const VERSION_CHARACTERS_MAX = 64

const model = { type: 'string', enum: REGISTERED_MODELS } as const
const version = { type: 'string', minLength: 1, maxLength: VERSION_CHARACTERS_MAX } as const
const share = { type: 'number', minimum: SHADOW_SHARE_MIN, maximum: 1 } as const
const reason = { type: 'string', maxLength: REASON_CHARACTERS_MAX } as const

const body = (properties: object, required: readonly string[]): object => ({
  body: { type: 'object', additionalProperties: false, required, properties },
})

/** `/admin/v1/models`: what `freshet model` asks of a running server. What is changed is served by the answer. */
export const modelRoutes = (admin: FastifyInstance, { serving }: Pick<HttpServices, 'serving'>): void => {
  const { registry, follow } = serving.models
  const models = new LocalModels(registry, follow)
  admin.get('/models', () => models.list())
  admin.post<{ Body: Promotion }>(
    '/models/promote',
    {
      schema: body({ model, version, reason, hold: { type: 'boolean' } }, [
        'model',
        'version',
        'reason',
        'hold',
      ]),
    },
    ({ body: promotion }) => models.promote(promotion),
  )
  admin.post<{ Body: { model: RegisteredModel; reason: string } }>(
    '/models/rollback',
    { schema: body({ model, reason }, ['model', 'reason']) },
    ({ body: asked }) => models.rollback(asked.model, asked.reason),
  )
  admin.post<{ Body: { model: RegisteredModel; version?: string; share?: number } }>(
    '/models/shadow',
    { schema: body({ model, version, share }, ['model']) },
    async ({ body: asked }, reply) =>
      reply
        .type('application/json')
        .send(JSON.stringify(await models.shadow(asked.model, asked.version ?? null, asked.share))),
  )
}
