import type { ErrorText } from './error-text.ts'

/**
 * Every rule that a record can break. This table is the one source for code, docs (schemas/README.md,
 * docs/errors.md) and tests: `about` says what is wrong, `action` what whoever sent it should do.
 */
export const CONTRACT_RULES = {
  NOT_JSON: { about: 'The line is not JSON.', action: 'Send one JSON object a line.' },
  NOT_UTF8: { about: 'The bytes are not UTF-8.', action: 'Encode text as UTF-8.' },
  TOO_LARGE: { about: 'The record is larger than is taken.', action: 'Send a smaller record.' },
  TOO_DEEP: {
    about: 'The JSON is nested too deeply.',
    action: 'Send the fields of the contract, not nested further.',
  },
  ENVELOPE: {
    about: 'The line is not an envelope.',
    action: 'Send {"topic": ..., "value": {...}}, nothing beside.',
  },
  UNKNOWN_TOPIC: { about: 'No public topic has this name.', action: 'Use one of the public topics.' },
  FIELD_MISSING: { about: 'A required field is absent.', action: 'Send the field.' },
  FIELD_UNKNOWN: {
    about: 'The contract has no such field.',
    action: 'Remove the field or correct its name.',
  },
  WRONG_TYPE: { about: 'The value is of another type.', action: 'Send a value of the named type.' },
  ID_LENGTH: { about: 'The id is empty or too long.', action: 'Use an id of 1 to 64 UTF-8 bytes.' },
  ID_CHARACTERS: {
    about: 'The id holds a control character or half a surrogate pair.',
    action: 'Use printable characters in ids.',
  },
  NOT_IN_ENUM: { about: 'The value is none of those allowed.', action: 'Use one of the named values.' },
  OUT_OF_RANGE: {
    about: 'The number lies outside its range.',
    action: 'Check the unit and send a number within the range.',
  },
  NOT_INTEGER: { about: 'The number has a fraction.', action: 'Send an integer.' },
  NOT_FINITE: {
    about: 'The number is NaN or infinite.',
    action: 'Send a finite number, or leave an optional field out.',
  },
  TEXT_TOO_LONG: { about: 'The text is too long.', action: 'Shorten the text.' },
  TEXT_BROKEN: {
    about: 'The text holds half a surrogate pair, which UTF-8 cannot carry.',
    action: 'Cut text between characters, not within.',
  },
  WRONG_FORM: {
    about: 'The text is not of the form the field needs.',
    action: 'Write it in the named form.',
  },
  LIST_TOO_LONG: { about: 'The list or map has too many entries.', action: 'Send fewer entries.' },
  BYTES_TOO_LONG: { about: 'Too many bytes.', action: 'Send fewer bytes.' },
  NAME_RESERVED: { about: 'A map key is a reserved name.', action: 'Use another name than "__proto__".' },
  FIELD_UNEXPECTED: {
    about: 'The field has no meaning in such a record.',
    action: 'Leave the field out.',
  },
  IDS_EQUAL: {
    about: 'Two ids are the same that must not be.',
    action: 'Send the ids of two users or things.',
  },
  NOT_UNDOABLE: {
    about: 'What is of this kind happened and cannot be taken back.',
    action: 'Leave undo out, or send the kind that is taken back.',
  },
  FRAME_BROKEN: {
    about: 'The record does not begin with a zero byte and a schema id.',
    action: "Publish with a registry serialiser (Confluent's framing).",
  },
  SCHEMA_UNKNOWN: {
    about: 'No schema is known by the id in the frame.',
    action: "Register the writer's schema, or publish with a version listed in schemas/.",
  },
  SCHEMA_INCOMPATIBLE: {
    about: "The writer's schema cannot be read as the contract.",
    action: 'Publish to the topic of that schema, or give added fields a default.',
  },
  BYTES_BROKEN: {
    about: 'The bytes are not a record of their schema.',
    action: 'Publish again with a correct serialiser.',
  },
  BYTES_TRAILING: { about: 'Bytes follow the record.', action: 'Publish one record a message.' },
} as const satisfies Record<string, ErrorText>

export type ContractRule = keyof typeof CONTRACT_RULES

/** `DECODE_FAILED`: bytes that cannot become a value. `CONTRACT_BROKEN`: a value that breaks a rule of its contract. */
export type ContractErrorCode = 'DECODE_FAILED' | 'CONTRACT_BROKEN'

const DECODING: ReadonlySet<ContractRule> = new Set<ContractRule>([
  'NOT_JSON',
  'NOT_UTF8',
  'FRAME_BROKEN',
  'SCHEMA_UNKNOWN',
  'SCHEMA_INCOMPATIBLE',
  'BYTES_BROKEN',
  'BYTES_TRAILING',
])

export const errorCodeOf = (rule: ContractRule): ContractErrorCode =>
  DECODING.has(rule) ? 'DECODE_FAILED' : 'CONTRACT_BROKEN'

/** What breaks which rule, and where; `path` is '' for the record as a whole. */
export interface Problem {
  readonly rule: ContractRule
  readonly path: string
  readonly detail: string
}

/** A record was refused; the message names the field and says what to do. */
export class ContractError extends Error {
  readonly code: ContractErrorCode
  readonly rule: ContractRule
  /** The contract's topic; null when the record names none that is known. */
  readonly topic: string | null
  /** Path of the field, such as `hashtags[3]`; null when the record as a whole is at fault. */
  readonly field: string | null

  constructor(rule: ContractRule, topic: string | null, field: string | null, detail: string) {
    const where = [topic, field].filter((part) => part !== null && part !== '').join('.')
    const said = detail === '' ? CONTRACT_RULES[rule].about : `${CONTRACT_RULES[rule].about} ${detail}.`
    super(`${rule}${where === '' ? '' : ` at ${where}`}: ${said} ${CONTRACT_RULES[rule].action}`)
    this.name = 'ContractError'
    this.code = errorCodeOf(rule)
    this.rule = rule
    this.topic = topic
    this.field = field === '' ? null : field
  }
}

const SHOWN_CHARACTERS_MAX = 40

/** A value for an error message: short, on one line, whatever it is. */
export const show = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') {
    const cut = value.length > SHOWN_CHARACTERS_MAX ? `${value.slice(0, SHOWN_CHARACTERS_MAX)}…` : value
    return JSON.stringify(cut.toWellFormed())
  }
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  if (Array.isArray(value)) return `a list of ${value.length}`
  return `a value of type ${typeof value}`
}
