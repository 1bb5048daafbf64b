import { join, resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { READ_BYTES_MAX } from '../../models/training/example-source.ts'
import { examples } from '../../schemas/examples/index.ts'
import type { AboutExamples, FrameText, OfferText } from '../learning/remote-examples.ts'
import { MODELS_DIRECTORY } from '../serving/models.ts'
import { HttpError } from './errors.ts'
import { assertLoopback } from './loopback.ts'
import type { HttpServices } from './services.ts'

const OFFSET_MAX = Number.MAX_SAFE_INTEGER
const VERSION = '^[0-9a-f]{16}$'

/** `/admin/v1/learning/...`: what `freshet train --url` follows, and offers. It tells of people: this machine only. */
export const learningRoutes = (app: FastifyInstance, { learning, embedded }: HttpServices): void => {
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
      admin.post<{ Body: OfferText }>(
        '/offers',
        { schema: { body: offerBody, hide: true } },
        async ({ body }) => {
          if (learning.learns)
            throw new HttpError(
              'LEARNS_ITSELF',
              'Start it with --no-learn to let another process learn for it',
            )
          const { version, progress } = body
          const directory = join(learning.data, MODELS_DIRECTORY, `heavy-${version}`)
          return learning.served.take(directory, progress, [])
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

/** The other side is this program: reports of heads are taken at their word. */
const progress = {
  type: 'object',
  additionalProperties: false,
  required: ['examples', 'trainedUntil', 'comparison'],
  properties: {
    examples: { type: 'integer', minimum: 0 },
    trainedUntil: { type: 'integer', minimum: 0, nullable: true },
    comparison: {
      type: 'object',
      nullable: true,
      required: ['examples', 'candidate', 'live'],
      properties: {
        examples: { type: 'integer', minimum: 0 },
        candidate: { type: 'object' },
        live: { type: 'object' },
      },
    },
  },
} as const

const offerBody = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'progress'],
  properties: { version: { type: 'string', pattern: VERSION }, progress },
} as const
