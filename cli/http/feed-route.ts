import type { FastifyInstance } from 'fastify'
import { MILLIS_MAX, MILLIS_MIN } from '../../schemas/declare/numbers.ts'
import { idBreaks } from '../../schemas/declare/text.ts'
import { ID_BYTES_MAX, millis, type UserId } from '../../schemas/ids.ts'
import { CONTRACT_RULES } from '../../schemas/index.ts'
import { FEED_LIMIT_DEFAULT, FEED_LIMIT_MAX } from '../feed/feed.ts'
import { HttpError } from './errors.ts'
import type { HttpServices } from './services.ts'

export const asOfSchema = { type: 'integer', minimum: MILLIS_MIN, maximum: MILLIS_MAX } as const

const querystring = {
  type: 'object',
  additionalProperties: false,
  required: ['userId'],
  properties: {
    userId: { type: 'string', minLength: 1, maxLength: ID_BYTES_MAX },
    limit: { type: 'integer', minimum: 1, maximum: FEED_LIMIT_MAX, default: FEED_LIMIT_DEFAULT },
    asOf: asOfSchema,
  },
} as const

interface Query {
  readonly userId: string
  readonly limit: number
  readonly asOf?: number
}

/** `GET /v1/feed?userId&limit&asOf`: a ranked feed, with the reason and the features behind each place. */
export const feedRoute = (app: FastifyInstance, { feed, clock, embedded }: HttpServices): void => {
  app.get<{ Querystring: Query }>('/v1/feed', { schema: { querystring } }, (request) => {
    embedded.assertRunning()
    const { userId, limit, asOf } = request.query
    return feed.read({
      userId: idOf(userId, 'userId'),
      limit,
      asOf: asOf === undefined ? clock.now() : millis(asOf),
    })
  })
}

/** An id from outside: a NUL in it would reach into another user's keys. */
export const idOf = (text: string, field: string): UserId => {
  const rule = idBreaks(text)
  if (rule !== null) throw new HttpError('BAD_REQUEST', `${field}: ${CONTRACT_RULES[rule].about}`, field)
  return text as UserId
}
