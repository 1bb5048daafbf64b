import type { FailureText, Recovery } from '../engine/errors.ts'

/** What serving may fail with, beside what it passes on. As everywhere, every code says what to do next. */
export const SERVING_ERRORS = {
  STAGE_FAILED: {
    recovery: 'retry',
    about: 'A stage that no feed may go without failed or was late.',
    action: 'Ask again.',
  },
  CATCHING_UP: {
    recovery: 'retry',
    about:
      'What was accepted before the start, or before Redis lost rows, is not in rows yet, and may forbid to show anything.',
    action: 'Ask again.',
  },
  REQUEST_UNKNOWN: {
    recovery: 'stop',
    about:
      'Nothing is remembered of this request, or of what it did not rank: it never was, or later ones took its place.',
    action: 'Ask for a new feed.',
  },
  BAD_REQUEST: {
    recovery: 'stop',
    about: 'A parameter is not as it must be.',
    action: 'Correct the field named.',
  },
  AS_OF_AHEAD: {
    recovery: 'stop',
    about: 'A feed was asked for as of a time that is not yet.',
    action: 'Leave asOf out for a feed as of now.',
  },
  OVERLOADED: {
    recovery: 'retry',
    about: 'More feeds are asked for than can be ranked: too many wait, or this one has waited too long.',
    action: 'Ask again later.',
  },
  CLIENT_GONE: {
    recovery: 'stop',
    about:
      'Whoever asked for a feed hung up before the answer: it was not made, and nothing was logged as shown.',
    action: 'Nothing: nobody hears of it. Clients that wait too short a time should wait longer.',
  },
  CONFIG_INVALID: {
    recovery: 'stop',
    about: 'A field of the ranking configuration is unknown or out of bounds.',
    action: 'Correct the field named.',
  },
  CURSOR_INVALID: {
    recovery: 'stop',
    about: 'The cursor is none that this server gave, or another with the same secret.',
    action: 'Load the feed anew, without a cursor.',
  },
  CURSOR_FOREIGN: {
    recovery: 'stop',
    about: "The cursor is of another user's feed.",
    action: 'Load the feed anew, without a cursor.',
  },
} as const satisfies Record<string, FailureText>

export type ServingErrorCode = keyof typeof SERVING_ERRORS

export class ServingError extends Error {
  readonly code: ServingErrorCode
  /** The message without its code. */
  readonly detail: string
  readonly recovery: Recovery
  /** The parameter that is to blame, if it is one. */
  readonly field: string | null

  constructor(
    code: ServingErrorCode,
    detail: string,
    options: ErrorOptions & { readonly field?: string } = {},
  ) {
    super(`${code}: ${detail}`, options)
    this.name = 'ServingError'
    this.code = code
    this.detail = detail
    this.recovery = SERVING_ERRORS[code].recovery
    this.field = options.field ?? null
  }
}

/** Nobody waits for the answer any more. */
export const clientGone = (): ServingError => new ServingError('CLIENT_GONE', 'the client hung up')
