import type { ErrorText } from '../schemas/error-text.ts'

/**
 * Every error the engine raises has a code, and every code says what to do next. This table is the one
 * source for code, docs and tests.
 */
export const RECOVERIES = {
  retry: 'The same call may succeed later.',
  'dead-letter':
    'The event is put aside with its reason; the task goes on. `freshet dlq list` shows what was put aside, and `freshet dlq replay` sends it again once the cause is mended.',
  rejoin: 'Another owner took over: drop the task and ask for work again.',
  rebuild: 'What is in memory may be wrong: drop it and restore from what is committed.',
  stop: 'A person must act; the message says how.',
} as const

export type Recovery = keyof typeof RECOVERIES

/** What a code stands for, and what follows from it. */
export interface FailureText extends ErrorText {
  readonly recovery: Recovery
}

export const ENGINE_ERRORS = {
  DECODE_FAILED: {
    recovery: 'dead-letter',
    about: 'The bytes are not a record of the schema they name.',
    action: 'Correct what publishes them, and publish again.',
  },
  CONTRACT_BROKEN: {
    recovery: 'dead-letter',
    about: 'A field breaks a rule of its contract.',
    action: 'Correct the field as the message says, and send the event again.',
  },
  TIME_IN_FUTURE: {
    recovery: 'dead-letter',
    about: 'The event time is further ahead of the clock than allowed.',
    action: "Correct the sender's clock; times are milliseconds since 1970.",
  },
  WRONG_PARTITION: {
    recovery: 'dead-letter',
    about: 'The record lies on another partition than its id: its row would be where nobody reads it.',
    action:
      "Publish with the key that the contract names, by Kafka's default partitioner (murmur2); `freshet dlq replay` sends what was put aside to where it belongs.",
  },
  PROCESS_FAILED: {
    recovery: 'dead-letter',
    about: 'A processor threw on this event; none of its effects were kept.',
    action: 'Deploy a version that takes it, then send it again.',
  },
  TIMER_FAILED: {
    recovery: 'dead-letter',
    about: 'A processor threw on a timer; none of its effects were kept, and the timer is gone.',
    action: 'Deploy a version that takes it; this timer cannot be set again.',
  },
  RECORD_TOO_LARGE: {
    recovery: 'dead-letter',
    about: 'A record, or a row of state, is larger than the log takes.',
    action: 'Send less in one record, or deploy a version that keeps less in a row.',
  },
  LOG_UNAVAILABLE: {
    recovery: 'retry',
    about: 'The log did not take or give records.',
    action: 'Try again later; if it stays so, see whether the brokers answer.',
  },
  LOG_REFUSED: {
    recovery: 'stop',
    about: 'The brokers refuse these credentials, these settings or these bytes.',
    action: 'Correct what the message names.',
  },
  FEATURES_UNAVAILABLE: {
    recovery: 'retry',
    about: 'The feature store does not answer. Reads go on without its features; writes are made again.',
    action: 'See whether Redis answers, and whether its memory is full.',
  },
  FEATURES_LOST: {
    recovery: 'rebuild',
    about: 'The feature store has lost changes that it had.',
    action: 'Feed it again from the position it stands at.',
  },
  CLIENT_MISSING: {
    recovery: 'stop',
    about: 'An optional package that this needs is not installed.',
    action: 'Install it.',
  },
  DISK_FULL: {
    recovery: 'retry',
    about: 'No space is left on the device. Nothing was acknowledged.',
    action: 'Free space and retry.',
  },
  DISK_READ_ONLY: {
    recovery: 'stop',
    about: 'The data directory cannot be written.',
    action: 'Make it writable and start again.',
  },
  DISK_FAILED: {
    recovery: 'rebuild',
    about: 'The disk refused a read or write.',
    action: "Look at the disk and the system's log, and start again.",
  },
  UNEXPECTED: {
    recovery: 'rebuild',
    about: 'Something failed that nobody foresaw, in most cases on a mistake in the code.',
    action: 'The message says on what: report it.',
  },
  TASK_STUCK: {
    recovery: 'stop',
    about: 'A task failed unexpectedly time and again without a commit between.',
    action: 'Deploy a version without the mistake that the message names.',
  },
  BACKLOG_FULL: {
    recovery: 'retry',
    about: 'Processing is too far behind what was accepted.',
    action: 'Send again later.',
  },
  FENCED: {
    recovery: 'rejoin',
    about: 'Another session of this task has taken over.',
    action: 'Leave it: this one drops the task and asks for work again.',
  },
  UNKNOWN_TOPIC: {
    recovery: 'stop',
    about: 'The topic does not exist.',
    action: 'Create it or correct its name.',
  },
  TOPIC_MISMATCH: {
    recovery: 'stop',
    about: 'The topic exists with other settings than the topology needs.',
    action: 'Correct the setting that the message names.',
  },
  STATE_VERSION: {
    recovery: 'stop',
    about: 'A row has a layout version without a migration.',
    action: 'Deploy the version that wrote it, or add one.',
  },
  STATE_CORRUPT: {
    recovery: 'stop',
    about: 'A row or changelog block cannot be read.',
    action:
      "Restore the data directory's backup; a worker whose log is on Kafka may begin with an empty one.",
  },
  CHANGELOG_DROPPED: {
    recovery: 'rebuild',
    about: 'The changelog no longer holds all that this copy of a state lacks.',
    action: 'Drop the copy; another is made from what is kept.',
  },
  MEMBER_REPLACED: {
    recovery: 'stop',
    about: 'Another process has joined the group under the same name.',
    action: 'Give each a name of its own.',
  },
  DATA_LOCKED: {
    recovery: 'stop',
    about: 'Another process has this data directory open.',
    action: 'Ask it with --url, stop it, or choose another directory.',
  },
  TOPOLOGY_INVALID: {
    recovery: 'stop',
    about: 'The topology cannot run as declared.',
    action: 'Correct what the message names.',
  },
  CLOSED: {
    recovery: 'stop',
    about: 'Used after it was closed.',
    action: 'Ask again once it has started anew, or ask another process.',
  },
} as const satisfies Record<string, FailureText>

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
