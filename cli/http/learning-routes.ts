import { resolve } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Log } from '../../engine/log/port.ts'
import { recordOf } from '../../models/registry/transitions.ts'
import { REGISTERED_MODELS, type RegisteredModel } from '../../models/registry/record.ts'
import { LABEL_TIMES_MAX } from '../../models/training/label-times.ts'
import { READ_BYTES_MAX, TRAINING_TOPICS, type TrainingTopic } from '../../models/training/topic-source.ts'
import { MILLIS_MAX, MILLIS_MIN } from '../../schemas/declare/numbers.ts'
import type { AboutLearning, FrameText } from '../learning/remote-learning.ts'
import { HttpError } from './errors.ts'
import { assertLoopback } from './loopback.ts'
import type { HttpServices } from './services.ts'

const OFFSET_MAX = Number.MAX_SAFE_INTEGER
/** As many times of labels as there may be, in thirteen digits and a comma each, and the rest. */
const OFFER_BYTES_MAX = LABEL_TIMES_MAX * 14 + 1_024
const VERSION = '^[0-9a-f]{16}$'

/** `/admin/v1/learning/...`: what `freshet train --url` follows, and offers. It tells of people: this machine only. */
export const learningRoutes = (app: FastifyInstance, { learning, backend, serving }: HttpServices): void => {
  if (learning === undefined) return
  const { log } = backend
  void app.register(
    async (admin) => {
      admin.addHook('onRequest', async (request) => assertLoopback(request))
      admin.get('/', { schema: { hide: true } }, async (): Promise<AboutLearning> => ({
        data: resolve(learning.data),
        partitions: Object.fromEntries(
          TRAINING_TOPICS.map((topic) => [topic, log.partitions(topic)]),
        ) as AboutLearning['partitions'],
      }))
      for (const topic of TRAINING_TOPICS) readingRoute(admin, log, topic)
      admin.post<{ Body: { model: RegisteredModel; version: string; labelTimes?: readonly number[] } }>(
        '/offers',
        { bodyLimit: OFFER_BYTES_MAX, schema: { body: offerBody, hide: true } },
        async ({ body }) => {
          if (learning.learns) throw new HttpError('LEARNS_ITSELF')
          const { registry } = serving.models
          const record = recordOf((await registry.state())[body.model], body.version)
          await learning.served.take({ record, labelTimes: body.labelTimes ?? [] })
          return record
        },
      )
    },
    { prefix: '/admin/v1/learning' },
  )
}

const readingRoute = (
  app: FastifyInstance,
  log: Pick<Log, 'partitions' | 'read'>,
  topic: TrainingTopic,
): void => {
  app.get<{ Querystring: { partition: number; offset: number } }>(
    `/${topic}`,
    { schema: { querystring: readQuery, hide: true } },
    async ({ query }) => {
      const partitions = log.partitions(topic)
      if (query.partition >= partitions)
        throw new HttpError('NOT_FOUND', `The topic ${topic} has ${partitions} partitions`)
      const frames = await log.read(topic, query.partition, query.offset, READ_BYTES_MAX)
      return {
        frames: frames.map(({ baseOffset, frame }): FrameText => ({
          baseOffset,
          bytes: frame.bytes.toString('base64'),
        })),
      }
    },
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
  required: ['model', 'version'],
  properties: {
    model: { type: 'string', enum: REGISTERED_MODELS },
    version: { type: 'string', pattern: VERSION },
    labelTimes: {
      type: 'array',
      maxItems: LABEL_TIMES_MAX,
      items: { type: 'integer', minimum: MILLIS_MIN, maximum: MILLIS_MAX },
    },
  },
} as const
