import type { FastifyInstance } from 'fastify'
import { type Clock, FUTURE_MS_MAX } from '../../engine/clock.ts'
import type { Millis } from '../../schemas/ids.ts'
import { ServingError } from '../errors.ts'
import type { FeedService } from '../feed-service.ts'
import { feedAnswer, feedQuery, type FeedAnswer } from './feed-schemas.ts'
import { idFrom } from './ids.ts'
import { PERSONAL, type RouteDeclaration, routeOptions } from './route.ts'
import type { ValueOf } from './schema.ts'

export interface FeedRouteServices {
  readonly feeds: FeedService
  readonly clock: Clock
  /** Throws what processing stopped on: then features no longer follow events. */
  readonly assertRunning: () => void
}

const declared: RouteDeclaration = {
  summary: 'A page of a ranked feed',
  description:
    'Retrieves, ranks and re-ranks posts for a user, over features as of the time of the request. The cursor of an answer asks for the next page of the same ranking: no post comes twice, and none is left out. Where the ranking is no longer kept, what the pages before have not come past is ranked anew.',
  tag: 'feed',
  querystring: feedQuery,
  answer: feedAnswer,
  errors: [400, 403, 409, 503],
}

/** `GET /v1/feed`. */
export const feedRoutes = (app: FastifyInstance, services: FeedRouteServices): void => {
  const { feeds, clock, assertRunning } = services
  app.get<{ Querystring: ValueOf<typeof feedQuery>; Reply: FeedAnswer }>(
    '/v1/feed',
    // An answer without its body would be logged as a feed that somebody saw.
    { ...routeOptions(declared), exposeHeadRoute: false },
    (request, reply) => {
      assertRunning()
      void reply.headers(PERSONAL)
      const { query } = request
      const { userId, limit, cursor, asOf, device, surface, preview } = query
      return feeds.page(
        {
          userId: idFrom(userId, 'userId'),
          limit,
          asOf: asOf === undefined ? clock.now() : pastOf(asOf, clock),
          device: device ?? null,
          surface: surface === undefined ? null : idFrom(surface, 'surface'),
          preview,
        },
        cursor ?? null,
        // Aborted where the connection closes before the answer.
        request.signal,
      )
    },
  )
}

/**
 * What is shown is logged at the time that it is asked for; a time that is not yet would count as event time. The
 * request is as declared, for no schema knows what time it is: so it conflicts with the clock, as events do.
 */
const pastOf = (asOf: Millis, clock: Clock): Millis => {
  const latest = clock.now() + FUTURE_MS_MAX
  if (asOf <= latest) return asOf
  const detail = `asOf: It is ${asOf}, later than ${latest}. Leave it out for a feed as of now.`
  throw new ServingError('AS_OF_AHEAD', detail, { field: 'asOf' })
}
