import { EngineError, type EngineErrorCode, type Recovery } from '../../engine/errors.ts'
import { ModelError, type ModelErrorCode } from '../../models/errors.ts'
import { ServingError, type ServingErrorCode } from '../../serving/errors.ts'
import { CliError, type CliErrorCode, lineOf } from '../errors.ts'

/** Every error that HTTP answers of its own, with its status. The body is always `{code, message, field?}`. */
export const HTTP_ERRORS = {
  BAD_REQUEST: { status: 400, about: 'A parameter or the body is not as it must be.' },
  EVENTS_REFUSED: { status: 400, about: 'No event was accepted; `refused` says why.' },
  NO_EVENTS: { status: 400, about: 'The body holds no event.' },
  UNAUTHORIZED: { status: 401, about: 'The token of this server is missing or wrong.' },
  LOOPBACK_ONLY: { status: 403, about: 'Asked for from another machine, or by another name than localhost.' },
  NOT_FOUND: { status: 404, about: 'There is no such route or thing.' },
  METHOD_NOT_ALLOWED: { status: 405, about: 'The path is there, but not by this method.' },
  REQUEST_TIMEOUT: { status: 408, about: 'The request did not arrive whole in time.' },
  LEARNS_ITSELF: { status: 409, about: 'This server learns by itself and takes no snapshots of others.' },
  EVENTS_AHEAD: { status: 409, about: 'No event was accepted: all are dated ahead of the clock.' },
  BODY_TOO_LARGE: { status: 413, about: 'The body is larger than is taken.' },
  TOO_MANY_EVENTS: { status: 413, about: 'The body holds more events than are taken at once.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, about: 'The body is of a type that is not taken.' },
  HEADERS_TOO_LARGE: { status: 431, about: 'The headers are larger than is taken.' },
  INTERNAL: { status: 500, about: 'An error that should not be; the log has more.' },
  TOO_BUSY: { status: 503, about: 'Too much is being received at once. Send again later.' },
  NOT_READY: { status: 503, about: 'Processing is behind, or has not been heard of yet.' },
  STALLED: { status: 503, about: 'Records wait, and none is processed.' },
} as const

export type HttpErrorCode = keyof typeof HTTP_ERRORS

export class HttpError extends Error {
  readonly code: HttpErrorCode
  readonly field: string | null

  constructor(code: HttpErrorCode, message: string, field: string | null = null) {
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
  if (error instanceof HttpError) {
    const { code, message, field } = error
    return answer(HTTP_ERRORS[code].status, code, message, field)
  }
  if (error instanceof EngineError) return answer(statusOfEngine(error), error.code, lineOf(error), null)
  if (error instanceof ServingError)
    return answer(STATUS_OF_SERVING[error.code], error.code, lineOf(error), error.field)
  if (error instanceof ModelError) return answer(statusOfModel(error), error.code, lineOf(error), null)
  if (error instanceof CliError)
    return answer(STATUS_OF_CLI[error.code] ?? 500, error.code, error.message, null)
  return frameworkAnswer(error)
}

const STATUS_OF_RECOVERY: Readonly<Record<Recovery, number>> = {
  retry: 503,
  'dead-letter': 400,
  rejoin: 503,
  rebuild: 503,
  stop: 500,
}
const STATUS_OF_ENGINE: Partial<Record<EngineErrorCode, number>> = {
  DISK_FULL: 507,
  RECORD_TOO_LARGE: 413,
  CLOSED: 503,
}
const statusOfEngine = ({ code, recovery }: EngineError): number =>
  STATUS_OF_ENGINE[code] ?? STATUS_OF_RECOVERY[recovery]

const STATUS_OF_SERVING: Readonly<Record<ServingErrorCode, number>> = {
  BAD_REQUEST: 400,
  AS_OF_AHEAD: 409,
  CURSOR_INVALID: 404,
  CURSOR_FOREIGN: 403,
  REQUEST_UNKNOWN: 404,
  CONFIG_INVALID: 500,
  STAGE_FAILED: 503,
  TOO_MANY_REQUESTS: 503,
  CATCHING_UP: 503,
}

/** What was asked for and is not there, beside what recovery says. */
const STATUS_OF_MODEL: Partial<Record<ModelErrorCode, number>> = {
  MODEL_UNKNOWN: 404,
  MODEL_GONE: 410,
  MODEL_NOTHING_EARLIER: 409,
  SHADOW_REFUSED: 409,
}

const statusOfModel = ({ code, recovery }: ModelError): number =>
  STATUS_OF_MODEL[code] ?? STATUS_OF_RECOVERY[recovery]

const STATUS_OF_CLI: Partial<Record<CliErrorCode, number>> = {
  UNKNOWN_STORE: 404,
  UNKNOWN_VIEW: 404,
  UNKNOWN_LETTER: 404,
  RUN_ELSEWHERE: 421,
  NOT_REPLAYABLE: 409,
  USAGE: 400,
}

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

/** The framework says of no type what would be taken. */
const TYPES_TAKEN = 'Say what the body is: content-type: application/json, or application/x-ndjson for events'

const frameworkAnswer = (error: unknown): ErrorAnswer | null => {
  if (!(error instanceof Error) || !('statusCode' in error)) return null
  const code = OF_FRAMEWORK[Number(error.statusCode)]
  if (code === undefined) return null
  const message = code === 'UNSUPPORTED_MEDIA_TYPE' ? TYPES_TAKEN : error.message
  return answer(HTTP_ERRORS[code].status, code, message, fieldOf(error))
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
