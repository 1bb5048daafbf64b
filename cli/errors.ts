import { ENGINE_ERRORS, EngineError } from '../engine/errors.ts'
import { MODEL_ERRORS, ModelError } from '../models/errors.ts'
import { SERVING_ERRORS, ServingError } from '../serving/errors.ts'
import { REGISTRY_ERRORS, RegistryError } from '../schemas/registry/errors.ts'
import { ContractError } from '../schemas/rules.ts'
import { ImportError } from './import/import-error.ts'

/** What a command may end with, beside the engine's errors: every code says what to do. */
export const CLI_ERRORS = {
  USAGE: 'Add --help to see how the command is used.',
  PORT_TAKEN: 'Stop the program that listens there, or choose another with --port (0 finds a free one).',
  HOST_REFUSED: 'Choose an address of this machine with --host.',
  TOPICS_DRIFTED: 'See `freshet topics apply`.',
  CONFIG_INVALID: 'See `freshet config --help`.',
  NO_DATA:
    'Name one with --data, ask a running server with --url, or make one with `freshet up` or `freshet replay`.',
  DATA_FOREIGN: 'Name a new, an empty or a data directory with --data.',
  FILE_UNREADABLE: 'Check its name, permissions and content.',
  FILE_UNWRITABLE: 'Free space there, or choose another output.',
  NOT_REACHABLE: 'Start `freshet up`, or correct the URL.',
  REMOTE_REFUSED: 'That is what the server answered.',
  UNKNOWN_STORE: 'Use one of these.',
  UNKNOWN_VIEW: 'Use one of these.',
  RUN_ELSEWHERE: 'Ask the worker that runs it.',
  UNKNOWN_TOPOLOGY: 'Use one of these.',
  UNKNOWN_BENCH: 'Use one of these.',
  SERVICE_MISSING: 'Install it, or run this where it is.',
  UNKNOWN_LETTER: 'See `freshet dlq list`.',
  NOT_REPLAYABLE: 'To send it as it is would change nothing.',
  NAME_TAKEN: 'Choose another name.',
  NOT_A_CHECKOUT: 'Run this in the root of a checkout of freshet.',
} as const

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
  if (error instanceof CliError) return sentence(error.code, error.message, CLI_ERRORS[error.code])
  if (error instanceof EngineError) return sentence(error.code, error.detail, ENGINE_ERRORS[error.code].about)
  if (error instanceof ServingError)
    return sentence(error.code, error.detail, SERVING_ERRORS[error.code].about)
  if (error instanceof ModelError) return sentence(error.code, error.detail, MODEL_ERRORS[error.code].about)
  if (error instanceof RegistryError) return sentence(error.code, error.detail, REGISTRY_ERRORS[error.code])
  if (error instanceof ContractError) return oneLine(error.message)
  if (error instanceof ImportError) return oneLine(`IMPORT_FAILED: ${error.message}`)
  return oneLine(`UNEXPECTED: ${error instanceof Error ? error.message : String(error)}`)
}

export const exitCodeOf = (error: unknown): number =>
  error instanceof CliError && error.code === 'USAGE' ? MISUSED : FAILED

const sentence = (code: string, detail: string, action: string): string =>
  oneLine(`${code}: ${detail.replace(/[.\s]+$/, '')}. ${action}`)

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ')

/** The `code` that Node gives errors of the system, such as `ENOENT`; undefined for others. */
export const systemCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
