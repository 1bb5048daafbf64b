import { ENGINE_ERRORS, EngineError } from '../engine/errors.ts'
import { MODEL_ERRORS, ModelError } from '../models/errors.ts'
import { SERVING_ERRORS, ServingError } from '../serving/errors.ts'
import { type ErrorText, sentencesOf } from '../schemas/error-text.ts'
import { REGISTRY_ERRORS, RegistryError } from '../schemas/registry/errors.ts'
import { ContractError } from '../schemas/rules.ts'

/**
 * What a command may end with, beside the errors of other rooms. The message of each says what happened in the case at
 * hand, and is told in place of `about`.
 */
export const CLI_ERRORS = {
  USAGE: {
    about: 'A command, or a request of one to a server, was given what it does not take.',
    action: 'Add --help to see how the command is used.',
  },
  PORT_TAKEN: {
    about: 'Another program listens on the port.',
    action: 'Stop the program that listens there, or choose another with --port (0 finds a free one).',
  },
  HOST_REFUSED: {
    about: 'The machine does not let anyone listen on the address.',
    action: 'Choose an address of this machine with --host.',
  },
  TOPICS_DRIFTED: {
    about: 'A topic has another number of partitions than is wanted.',
    action: 'See `freshet topics apply`.',
  },
  CONFIG_INVALID: {
    about: 'A setting is missing, unknown or out of bounds.',
    action: 'See `freshet config --help`.',
  },
  NO_DATA: {
    about: 'The directory is no data directory, or holds no models.',
    action:
      'Name one with --data, ask a running server with --url, or make one with `freshet up` or `freshet replay`.',
  },
  DATA_FOREIGN: {
    about: "The directory holds files that are not Freshet's.",
    action: 'Name a new, an empty or a data directory with --data.',
  },
  FILE_UNREADABLE: {
    about: 'A file cannot be read, or is not what it should be.',
    action: 'Check its name, permissions and content.',
  },
  FILE_UNWRITABLE: {
    about: 'A file cannot be written.',
    action: 'Free space there, or choose another output.',
  },
  IMPORT_FAILED: {
    about:
      'A file of the import is not as it must be, or its events cannot be written. The message says where, and what to do.',
    action: 'Once that is mended, import again.',
  },
  NOT_REACHABLE: {
    about: 'No server answers at the URL.',
    action: 'Start `freshet up`, or correct the URL.',
  },
  REMOTE_REFUSED: {
    about: 'The server that was asked refused.',
    action: 'That is what the server answered; its own code says what to do.',
  },
  UNKNOWN_STORE: {
    about: 'There is no store of this name where it was asked for. The message names those there are.',
    action: 'Use one of these.',
  },
  UNKNOWN_VIEW: {
    about: 'There is no view of this name. The message names those there are.',
    action: 'Use one of these.',
  },
  RUN_ELSEWHERE: {
    about: 'Another worker runs the task that keeps this key. The message names it.',
    action: 'Ask the worker that runs it.',
  },
  UNKNOWN_TOPOLOGY: {
    about: 'There is no topology of this name. The message names those there are.',
    action: 'Use one of these.',
  },
  UNKNOWN_BENCH: {
    about: 'There is no benchmark of this name. The message names those there are.',
    action: 'Use one of these.',
  },
  SERVICE_MISSING: {
    about: 'A benchmark needs a service that this machine has not.',
    action: 'Install it, or run this where it is.',
  },
  UNKNOWN_LETTER: { about: 'There is no such dead letter.', action: 'See `freshet dlq list`.' },
  NOT_REPLAYABLE: {
    about: "A dead letter is a timer's, holds only a part of its record, or would be put aside again.",
    action: 'To send it as it is would change nothing.',
  },
  NAME_TAKEN: { about: 'Something has this name already.', action: 'Choose another name.' },
  NOT_A_CHECKOUT: {
    about: 'The command adds to the source, or is not part of the package.',
    action: 'Run this in the root of a checkout of freshet.',
  },
} as const satisfies Record<string, ErrorText>

export type CliErrorCode = keyof typeof CLI_ERRORS

export class CliError extends Error {
  readonly code: CliErrorCode

  constructor(code: CliErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.name = 'CliError'
    this.code = code
  }
}

const FAILED = 1
const MISUSED = 2

/** One line for people: the code, what happened, what to do. */
export const lineOf = (error: unknown): string => {
  if (error instanceof CliError) return line(error.code, error.message, CLI_ERRORS[error.code].action)
  if (error instanceof EngineError) return lineOfFailure(error, ENGINE_ERRORS[error.code])
  if (error instanceof ServingError) return lineOfFailure(error, SERVING_ERRORS[error.code])
  if (error instanceof ModelError) return lineOfFailure(error, MODEL_ERRORS[error.code])
  if (error instanceof RegistryError) return lineOfFailure(error, REGISTRY_ERRORS[error.code])
  if (error instanceof ContractError) return oneLine(error.message)
  return oneLine(`UNEXPECTED: ${error instanceof Error ? error.message : String(error)}`)
}

export const exitCodeOf = (error: unknown): number =>
  error instanceof CliError && error.code === 'USAGE' ? MISUSED : FAILED

const lineOfFailure = ({ code, detail }: Failure, text: ErrorText): string =>
  line(code, detail, sentencesOf(text))

interface Failure {
  readonly code: string
  readonly detail: string
}

const line = (code: string, happened: string, action: string): string =>
  oneLine(`${code}: ${happened.replace(/[.\s]+$/, '')}. ${action}`)

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ')

/** The `code` that Node gives errors of the system, such as `ENOENT`; undefined for others. */
export const systemCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
