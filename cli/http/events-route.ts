import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Intake } from '../intake/intake.ts'
import { type Item, jsonItems, lineItems } from '../intake/items.ts'
import { type Refusal, refusalOf } from '../intake/refusal.ts'
import type { Publisher } from '../runtime/publisher.ts'
import { BodyBudget } from './body-budget.ts'
import { type RouteDeclaration, routeOptions } from '../../serving/http/route.ts'
import { integer, list, nullable, object, string, type ValueOf } from '../../serving/http/schema.ts'
import { HTTP_ERRORS, HttpError, type HttpErrorCode } from './errors.ts'
import { envelopeSchema } from './event-schemas.ts'
import type { HttpLimits, HttpServices } from './services.ts'

/** Events read in one turn: other requests, and processing, go on in between. */
const EVENTS_PER_TURN = 500

const JSON_TYPE = 'application/json'
const LINE_TYPES = ['application/x-ndjson', 'application/ndjson']

const refusal = object({
  line: integer({ description: 'Of the body, from 1; of JSON the place in the array.' }),
  code: string(),
  rule: nullable(string({ description: 'The rule of the contract that it breaks.' })),
  field: nullable(string()),
  message: string(),
})

const outcome = object({ accepted: integer(), refused: list(refusal) })
type Outcome = ValueOf<typeof outcome>

const declared: RouteDeclaration = {
  summary: 'Takes events in',
  description:
    'Envelopes `{"topic", "value"}` as JSON (one, or an array of them) or as NDJSON (application/x-ndjson), of the contracts in schemas/. Answers when everything accepted is durable; what was refused is named by line. Sending an event again is harmless.',
  tag: 'events',
  answer: outcome,
  errors: [400, 408, 409, 413, 415, 503, 507],
}

/**
 * `POST /v1/events`: JSON (an envelope or an array of them) or NDJSON. Answers when everything accepted is
 * durable; what was refused is named by line. Sending an event again is harmless: its eventId is known.
 */
export const eventsRoute = (app: FastifyInstance, services: HttpServices, limits: HttpLimits): void => {
  const budget = new BodyBudget(limits.bodiesBytesMax)
  app.post<{ Body: Buffer }>(
    '/v1/events',
    {
      schema: { ...routeOptions(declared).schema, body },
      // Bodies are read by the contracts, line by line: the schema only tells of them.
      validatorCompiler: () => () => true,
      bodyLimit: limits.eventBodyBytesMax,
      onRequest: reserveBody(budget, limits),
    },
    async (request, reply) => {
      services.backend.assertAccepting()
      const items = itemsOf(request, limits.eventsMax)
      const { accepted, refused } = await take(request.body, items, services)
      services.metrics.intake(
        accepted,
        refused.map(({ rule, code }) => rule ?? code),
      )
      if (accepted > 0) return { accepted, refused }
      const code = refusedBy(refused)
      return reply.code(HTTP_ERRORS[code].status).send(allRefused(code, refused))
    },
  )
}

/** Events that break no contract are right in themselves, and ahead of this machine's clock. */
const refusedBy = (refused: readonly Refusal[]): 'EVENTS_REFUSED' | 'EVENTS_AHEAD' =>
  refused.every(({ code }) => code === 'TIME_IN_FUTURE') ? 'EVENTS_AHEAD' : 'EVENTS_REFUSED'

/** An error as every other, about the first event, with the rest beside it. */
const allRefused = (code: HttpErrorCode, refused: readonly Refusal[]): object => {
  const { line, message, field } = refused[0]!
  return {
    code,
    message: `Line ${line}: ${message}`,
    ...(field !== null && { field }),
    accepted: 0,
    refused,
  }
}

/** Of lines: each of them. */
const envelope = { schema: envelopeSchema() }
const body = { content: { [JSON_TYPE]: envelope, [LINE_TYPES[0]!]: envelope } }

const reserveBody =
  (budget: BodyBudget, limits: HttpLimits) =>
  (
    request: FastifyRequest,
    reply: { readonly raw: NodeJS.EventEmitter },
    done: (error?: Error) => void,
  ): void => {
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity') {
      done(new HttpError('UNSUPPORTED_MEDIA_TYPE', `content-encoding is ${encoding}: send the body as it is`))
      return
    }
    const stated = Number(request.headers['content-length'] ?? limits.eventBodyBytesMax)
    const release = budget.reserve(Math.min(stated, limits.eventBodyBytesMax))
    if (release === undefined) {
      done(new HttpError('TOO_BUSY', `${limits.bodiesBytesMax} bytes of bodies are being received`))
      return
    }
    reply.raw.once('close', release)
    done()
  }

const itemsOf = (request: FastifyRequest<{ Body: Buffer }>, eventsMax: number): Item[] => {
  const { body } = request
  if (!Buffer.isBuffer(body) || body.length === 0) throw new HttpError('NO_EVENTS')
  const items = isLines(request) ? lineItems(body, eventsMax) : arrayItems(body, eventsMax)
  if (items.length === 0) throw new HttpError('NO_EVENTS')
  if (items.length > eventsMax) {
    throw new HttpError(
      'TOO_MANY_EVENTS',
      `At most ${eventsMax} events are taken at once: send several requests`,
    )
  }
  return items
}

const isLines = (request: FastifyRequest): boolean =>
  LINE_TYPES.some((type) => request.headers['content-type']?.startsWith(type))

const arrayItems = (body: Buffer, eventsMax: number): Item[] => {
  try {
    return jsonItems(body, eventsMax)
  } catch (error) {
    throw new HttpError('BAD_REQUEST', refusalOf(error, 1).message)
  }
}

const take = async (
  body: Buffer,
  items: readonly Item[],
  { backend, clock }: HttpServices,
): Promise<Outcome> => {
  const publisher: Publisher = backend.publisher()
  const intake = new Intake(publisher, clock)
  const refused: Refusal[] = []
  for (const [index, { start, end, line }] of items.entries()) {
    if (index > 0 && index % EVENTS_PER_TURN === 0) await nextTurn()
    const refusal = intake.take(body, start, end, line)
    if (refusal !== undefined) refused.push(refusal)
  }
  await publisher.flush()
  return { accepted: items.length - refused.length, refused }
}

/** Bodies of events come as bytes: nothing is parsed before its size and depth are known. */
export const eventBodies = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser([JSON_TYPE, ...LINE_TYPES], { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body)
  })
}
