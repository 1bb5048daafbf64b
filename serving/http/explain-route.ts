import type { FastifyInstance } from 'fastify'
import { explainTraced, type TracedParts } from '../explain/traced.ts'
import { explainAnswer, type ExplainAnswer, explainParams } from './explain-schemas.ts'
import { idFrom } from './ids.ts'
import { PERSONAL, type RouteDeclaration, routeOptions } from './route.ts'
import type { ValueOf } from './schema.ts'

const declared: RouteDeclaration = {
  summary: 'Why a post was shown, or was not',
  description:
    'Of a feed that was served lately: which source found the post or why none did, which filter removed it, which pass dropped it and by how much. The score and its features are told while the pages of the feed are kept.',
  tag: 'feed',
  params: explainParams,
  answer: explainAnswer,
  errors: [400, 404, 503],
}

/** `GET /v1/feed/{requestId}/explain/{postId}`. */
export const explainRoute = (app: FastifyInstance, parts: TracedParts): void => {
  app.get<{ Params: ValueOf<typeof explainParams>; Reply: ExplainAnswer }>(
    '/v1/feed/:requestId/explain/:postId',
    routeOptions(declared),
    ({ params }, reply) => {
      void reply.headers(PERSONAL)
      return explainTraced(parts, idFrom(params.requestId, 'requestId'), idFrom(params.postId, 'postId'))
    },
  )
}
