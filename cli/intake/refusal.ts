import { EngineError } from '../../engine/errors.ts'
import { LINE_BYTES_MAX } from '../../schemas/envelope.ts'
import { ContractError } from '../../schemas/index.ts'

/** Why an event was not accepted, for whoever sent it. */
export interface Refusal {
  /** Line of NDJSON, or place in a JSON array; from 1. */
  readonly line: number
  readonly code: string
  /** The contract's rule; null where none was broken, such as for a time in the future. */
  readonly rule: string | null
  readonly field: string | null
  readonly message: string
}

/** A path may hold a key that the sender made up, of any length. */
const FIELD_CHARACTERS_MAX = 128
const MESSAGE_CHARACTERS_MAX = 600

/** The refusal that an error stands for. Errors that are not the event's fault are thrown on. */
export const refusalOf = (error: unknown, line: number): Refusal => {
  if (error instanceof ContractError) {
    const { code, rule, field } = error
    return { line, code, rule, field: field && cut(field, FIELD_CHARACTERS_MAX), message: wording(error) }
  }
  if (error instanceof EngineError && error.recovery === 'dead-letter') {
    return { line, code: error.code, rule: null, field: null, message: wording(error) }
  }
  throw error
}

/** The refusal of a line of a file that was too long to be kept. */
export const tooLong = (line: number): Refusal =>
  refusalOf(
    new ContractError('TOO_LARGE', null, null, `It has more than the ${LINE_BYTES_MAX} bytes that are read`),
    line,
  )

const wording = ({ message }: Error): string => cut(message, MESSAGE_CHARACTERS_MAX)

const cut = (text: string, charactersMax: number): string =>
  text.length > charactersMax ? `${text.slice(0, charactersMax - 1)}…`.toWellFormed() : text
