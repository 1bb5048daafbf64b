import { EngineError } from '../../engine/errors.ts'
import { ModelError } from '../../models/errors.ts'
import { type ErrorText, sentencesOf } from '../../schemas/error-text.ts'
import { RegistryError } from '../../schemas/registry/errors.ts'
import { ServingError } from '../../serving/errors.ts'
import { CliError, lineOf } from '../errors.ts'
import { statusOfCli, statusOfEngine, statusOfModel, statusOfRegistry, statusOfServing } from './statuses.ts'

interface HttpErrorText extends ErrorText {
  readonly status: number
}

/** Every error that HTTP answers of its own, with its status. The body is always `{code, message, field?}`. */
export const HTTP_ERRORS = {
  BAD_REQUEST: {
    status: 400,
    about: 'A parameter or the body is not as it must be.',
    action: 'Correct what the message names.',
  },
  EVENTS_REFUSED: {
    status: 400,
    about: 'No event was accepted; `refused` says why.',
    action: 'Correct them by the rules that it names, and send them again.',
  },
  NO_EVENTS: {
    status: 400,
    about: 'The body holds no event.',
    action: 'Send envelopes as application/json or application/x-ndjson.',
  },
  UNAUTHORIZED: {
    status: 401,
    about: 'The token of this server is missing or wrong.',
    action: 'Say it as "authorization: Bearer TOKEN"; commands take it from FRESHET_HTTP_TOKEN.',
  },
  LOOPBACK_ONLY: {
    status: 403,
    about: 'Asked for from another machine, or by another name than localhost.',
    action: 'Ask from this machine, at localhost or 127.0.0.1, and through no proxy.',
  },
  NOT_FOUND: {
    status: 404,
    about: 'There is no such route or thing.',
    action: 'Use one that the message names.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    about: 'The path is there, but not by this method.',
    action: 'Use one that the message names.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    about: 'The request did not arrive whole in time.',
    action: 'Send it again, or less in one request where the line is slow.',
  },
  LEARNS_ITSELF: {
    status: 409,
    about: 'This server learns by itself and takes no snapshots of others.',
    action: 'Start it with --no-learn to let another process learn for it.',
  },
  EVENTS_AHEAD: {
    status: 409,
    about: 'No event was accepted: all are dated ahead of the clock.',
    action: "Correct the sender's clock, or send them when it is their time.",
  },
  BODY_TOO_LARGE: {
    status: 413,
    about: 'The body is larger than is taken.',
    action: 'Send less in one request.',
  },
  TOO_MANY_EVENTS: {
    status: 413,
    about: 'The body holds more events than are taken at once.',
    action: 'Send several requests.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    about: 'The body is of a type that is not taken.',
    action:
      'Say what it is: content-type: application/json, or application/x-ndjson for events. Send it as it is, not compressed.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    about: 'The headers are larger than is taken.',
    action: 'Send fewer or shorter ones, or a shorter URL.',
  },
  INTERNAL: {
    status: 500,
    about: 'An error that should not be.',
    action: "The server's log has more: report it.",
  },
  TOO_BUSY: {
    status: 503,
    about: 'Too much is being received, or too many listen, at once.',
    action: 'Send again later.',
  },
  NOT_READY: {
    status: 503,
    about: 'Processing is behind, state is being restored, or nothing has been heard of it yet.',
    action: 'Wait until it is ready; if it stays behind, add workers.',
  },
  STALLED: {
    status: 503,
    about: 'Records wait, and none is processed.',
    action: 'See in the log what tasks fail on, and start again.',
  },
} as const satisfies Record<string, HttpErrorText>

export type HttpErrorCode = keyof typeof HTTP_ERRORS

export class HttpError extends Error {
  readonly code: HttpErrorCode
  readonly field: string | null

  /** Without a message the code's own words are told. */
  constructor(code: HttpErrorCode, message = sentencesOf(HTTP_ERRORS[code]), field: string | null = null) {
    super(message)
    this.name = 'HttpError'
    this.code = code
    this.field = field
  }
}

export interface ErrorAnswer {
  readonly status: number
  readonly retryAfterSeconds: number | null
  readonly body: { readonly code: string; readonly message: string; readonly field?: string }
}

/** What to answer for an error; null for one that nobody foresaw. */
export const answerOf = (error: unknown): ErrorAnswer | null => {
  if (error instanceof HttpError) return answerOfHttp(error)
  if (error instanceof ServingError) return answerInLine(statusOfServing(error.code), error, error.field)
  if (error instanceof EngineError) return answerInLine(statusOfEngine(error.code), error)
  if (error instanceof ModelError) return answerInLine(statusOfModel(error.code), error)
  if (error instanceof RegistryError) return answerInLine(statusOfRegistry(error.code), error)
  if (error instanceof CliError) return answerInLine(statusOfCli(error.code) ?? 500, error)
  return frameworkAnswer(error)
}

/** In the words of commands: the code, what happened, what to do. */
const answerInLine = (
  status: number,
  error: Error & { readonly code: string },
  field: string | null = null,
): ErrorAnswer => answer(status, error.code, lineOf(error), field)

export const answerOfHttp = ({ code, message, field }: HttpError): ErrorAnswer =>
  answer(HTTP_ERRORS[code].status, code, message, field)

/** Seconds after which what may succeed later is worth another try. */
const RETRY_AFTER_SECONDS: Readonly<Record<number, number>> = { 503: 1, 507: 5 }

const answer = (status: number, code: string, message: string, field: string | null): ErrorAnswer => ({
  status,
  retryAfterSeconds: RETRY_AFTER_SECONDS[status] ?? null,
  body: { code, message, ...(field !== null && { field }) },
})

/** Errors of the framework and its parsers carry a status; of those that blame the request it says enough. */
const OF_FRAMEWORK: Readonly<Record<number, HttpErrorCode>> = {
  400: 'BAD_REQUEST',
  404: 'NOT_FOUND',
  413: 'BODY_TOO_LARGE',
  414: 'BAD_REQUEST',
  415: 'UNSUPPORTED_MEDIA_TYPE',
}

const frameworkAnswer = (error: unknown): ErrorAnswer | null => {
  if (!(error instanceof Error) || !('statusCode' in error)) return null
  const code = OF_FRAMEWORK[Number(error.statusCode)]
  if (code === undefined) return null
  // The framework says of no type what would be taken.
  const message = code === 'UNSUPPORTED_MEDIA_TYPE' ? undefined : error.message
  return answerOfHttp(new HttpError(code, message, fieldOf(error)))
}

/** The parameter that a schema refused, from the validator's words. */
const fieldOf = (error: Error): string | null => {
  if (!('validation' in error) || !Array.isArray(error.validation)) return null
  const [first] = error.validation as readonly ValidationProblem[]
  const named = first?.params?.missingProperty ?? first?.params?.additionalProperty
  return named ?? (first?.instancePath ?? '').split('/')[1] ?? null
}

interface ValidationProblem {
  readonly instancePath?: string
  readonly params?: { readonly missingProperty?: string; readonly additionalProperty?: string }
}
