import type { FastifySchema, RouteShorthandOptions } from 'fastify'
import { object, optional, type Schema, string } from './schema.ts'

/** Of answers about one person: no cache on their way may keep them, nor a browser that others use. */
export const PERSONAL = { 'cache-control': 'no-store' } as const

/** What every error answers. */
export const errorAnswer = object({
  code: string({ description: 'Says what to do; see docs/errors.md.' }),
  message: string(),
  field: optional(string({ description: 'The parameter or field that is to blame.' })),
})

/** A route as it is declared once: checked, answered and documented by it. */
export interface RouteDeclaration {
  readonly summary: string
  readonly description: string
  readonly tag: 'feed' | 'events' | 'operations'
  readonly params?: Schema<unknown>
  readonly querystring?: Schema<unknown>
  readonly answer?: Schema<unknown>
  /** Statuses of errors beside those that any route may answer. */
  readonly errors: readonly number[]
}

/** A URL or headers beyond what is read, before any route sees them; and what nobody foresaw. */
const ERRORS_OF_ALL = [431, 500]

/** What the OpenAPI document tells of a route beside its schemas. */
interface DescribedSchema extends FastifySchema {
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
}

/** The declaration as fastify takes it. */
export const routeOptions = (declared: RouteDeclaration): RouteShorthandOptions => {
  const { summary, description, tag, params, querystring, answer, errors } = declared
  // Some errors say more than others; what a schema does not name would be left out.
  const error = { ...errorAnswer.json, additionalProperties: true }
  const failures = Object.fromEntries([...errors, ...ERRORS_OF_ALL].map((status) => [status, error]))
  const schema: DescribedSchema = {
    summary,
    description,
    tags: [tag],
    ...(params && { params: params.json }),
    ...(querystring && { querystring: querystring.json }),
    response: { ...(answer && { 200: answer.json }), ...failures },
  }
  return { schema }
}
