/**
 * Every error the engine raises has a code, and every code says what to do next. This table is the one
 * source for code, docs and tests.
 */
export const RECOVERIES = {
  retry: 'The same call may succeed later.',
  'dead-letter': 'The event is put aside with its reason; the task goes on.',
  rejoin: 'Another owner took over: drop the task and ask for work again.',
  rebuild: 'What is in memory may be wrong: drop it and restore from what is committed.',
  stop: 'A person must act; the message says how.',
} as const

export type Recovery = keyof typeof RECOVERIES

export const ENGINE_ERRORS = {
  DECODE_FAILED: { recovery: 'dead-letter', about: 'The bytes are not a record of the schema they name.' },
  CONTRACT_BROKEN: { recovery: 'dead-letter', about: 'A field breaks a rule of its contract.' },
  TIME_IN_FUTURE: {
    recovery: 'dead-letter',
    about: 'The event time is further ahead of the clock than allowed.',
  },
  PROCESS_FAILED: {
    recovery: 'dead-letter',
    about: 'A processor threw on this event; none of its effects were kept.',
  },
  TIMER_FAILED: {
    recovery: 'dead-letter',
    about: 'A processor threw on a timer; none of its effects were kept, and the timer is gone.',
  },
  RECORD_TOO_LARGE: {
    recovery: 'dead-letter',
    about: 'A record, or a row of state, is larger than the log takes.',
  },
  LOG_UNAVAILABLE: { recovery: 'retry', about: 'The log did not take or give records.' },
  LOG_REFUSED: {
    recovery: 'stop',
    about:
      'The brokers refuse these credentials, these settings or these bytes. Correct what the message names.',
  },
  FEATURES_UNAVAILABLE: {
    recovery: 'retry',
    about: 'The feature store does not answer. Reads go on without its features; writes are made again.',
  },
  FEATURES_LOST: {
    recovery: 'rebuild',
    about: 'The feature store has lost changes that it had. Feed it again from the position it stands at.',
  },
  CLIENT_MISSING: {
    recovery: 'stop',
    about: 'An optional package that this needs is not installed. Install it.',
  },
  DISK_FULL: {
    recovery: 'retry',
    about: 'No space is left on the device. Nothing was acknowledged; free space and retry.',
  },
  DISK_READ_ONLY: {
    recovery: 'stop',
    about: 'The data directory cannot be written. Make it writable and start again.',
  },
  DISK_FAILED: { recovery: 'rebuild', about: 'The disk refused a read or write.' },
  UNEXPECTED: {
    recovery: 'rebuild',
    about:
      'Something failed that nobody foresaw, in most cases on a mistake in the code. The message says on what.',
  },
  TASK_STUCK: {
    recovery: 'stop',
    about:
      'A task failed unexpectedly time and again without a commit between. Deploy a version without the mistake that the message names.',
  },
  BACKLOG_FULL: {
    recovery: 'retry',
    about: 'Processing is too far behind what was accepted. Send again later.',
  },
  FENCED: { recovery: 'rejoin', about: 'Another session of this task has taken over.' },
  UNKNOWN_TOPIC: { recovery: 'stop', about: 'The topic does not exist. Create it or correct its name.' },
  TOPIC_MISMATCH: {
    recovery: 'stop',
    about: 'The topic exists with other settings than the topology needs.',
  },
  STATE_VERSION: {
    recovery: 'stop',
    about: 'A row has a layout version without a migration. Deploy the version that wrote it, or add one.',
  },
  STATE_CORRUPT: { recovery: 'stop', about: 'A row or changelog block cannot be read.' },
  CHANGELOG_DROPPED: {
    recovery: 'rebuild',
    about:
      'The changelog no longer holds all that this copy of a state lacks. Drop the copy; another is made from what is kept.',
  },
  MEMBER_REPLACED: {
    recovery: 'stop',
    about: 'Another process has joined the group under the same name. Give each a name of its own.',
  },
  DATA_LOCKED: {
    recovery: 'stop',
    about:
      'Another process has this data directory open. Ask it with --url, stop it, or choose another directory.',
  },
  TOPOLOGY_INVALID: { recovery: 'stop', about: 'The topology cannot run as declared.' },
  CLOSED: { recovery: 'stop', about: 'Used after it was closed.' },
} as const satisfies Record<string, { recovery: Recovery; about: string }>

export type EngineErrorCode = keyof typeof ENGINE_ERRORS

export class EngineError extends Error {
  readonly code: EngineErrorCode
  /** The message without its code. */
  readonly detail: string
  readonly recovery: Recovery

  constructor(code: EngineErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options)
    this.name = 'EngineError'
    this.code = code
    this.detail = detail
    this.recovery = ENGINE_ERRORS[code].recovery
  }
}
