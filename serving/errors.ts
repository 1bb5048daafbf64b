import type { Recovery } from '../engine/errors.ts'

/** What serving may fail with, beside what it passes on. As everywhere, every code says what to do next. */
export const SERVING_ERRORS = {
  STAGE_FAILED: {
    recovery: 'retry',
    about: 'A stage that no feed may go without failed or was late. Ask again.',
  },
  CATCHING_UP: {
    recovery: 'retry',
    about:
      'What was accepted before the start is not processed yet, and may forbid to show anything. Ask again.',
  },
  REQUEST_UNKNOWN: {
    recovery: 'stop',
    about:
      'Nothing is remembered of this request: it never was, or later ones took its place. Ask for a new feed.',
  },
} as const satisfies Record<string, { recovery: Recovery; about: string }>

export type ServingErrorCode = keyof typeof SERVING_ERRORS

export class ServingError extends Error {
  readonly code: ServingErrorCode
  readonly recovery: Recovery

  constructor(code: ServingErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options)
    this.name = 'ServingError'
    this.code = code
    this.recovery = SERVING_ERRORS[code].recovery
  }
}
