import { resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { recordOf } from '../../models/registry/transitions.ts'
import { READ_BYTES_MAX } from '../../models/training/example-source.ts'
import { examples } from '../../schemas/examples/index.ts'
import type { AboutExamples, FrameText } from '../learning/remote-examples.ts'
import { HttpError } from './errors.ts'
import { assertLoopback } from './loopback.ts'
import type { HttpServices } from './services.ts'

const OFFSET_MAX = Number.MAX_SAFE_INTEGER
const VERSION = '^[0-9a-f]{16}$'

/** `/admin/v1/learning/...`: what `freshet train --url` follows, and offers. It tells of people: this machine only. */
export const learningRoutes = (app: FastifyInstance, { learning, embedded, serving }: HttpServices): void => {
  if (learning === undefined) return
  const { log } = embedded
  const partitions = (): number => log.partitions(examples.topic)
  void app.register(
    async (admin) => {
      admin.addHook('onRequest', async (request) => assertLoopback(request))
      admin.get('/', { schema: { hide: true } }, async (): Promise<AboutExamples> => ({
        data: resolve(learning.data),
        partitions: partitions(),
      }))
      admin.get<{ Querystring: { partition: number; offset: number } }>(
        '/examples',
        { schema: { querystring: readQuery, hide: true } },
        async ({ query }) => {
          if (query.partition >= partitions())
            throw new HttpError('NOT_FOUND', `Examples have ${partitions()} partitions`)
          const frames = await log.read(examples.topic, query.partition, query.offset, READ_BYTES_MAX)
          return {
            frames: frames.map(({ baseOffset, frame }): FrameText => ({
              baseOffset,
              bytes: frame.bytes.toString('base64'),
            })),
          }
        },
      )
      admin.post<{ Body: { version: string } }>(
        '/offers',
        { schema: { body: offerBody, hide: true } },
        async ({ body }) => {
          if (learning.learns)
            throw new HttpError(
              'LEARNS_ITSELF',
              'Start it with --no-learn to let another process learn for it',
            )
          const { registry } = serving.models
          const record = recordOf((await registry.state()).heavy, body.version)
          await learning.served.take({ record, labelTimes: [] })
          return record
        },
      )
    },
    { prefix: '/admin/v1/learning' },
  )
}

const readQuery = {
  type: 'object',
  additionalProperties: false,
  required: ['partition', 'offset'],
  properties: {
    partition: { type: 'integer', minimum: 0 },
    offset: { type: 'integer', minimum: 0, maximum: OFFSET_MAX },
  },
} as const

const offerBody = {
  type: 'object',
  additionalProperties: false,
  required: ['version'],
  properties: { version: { type: 'string', pattern: VERSION } },
} as const
