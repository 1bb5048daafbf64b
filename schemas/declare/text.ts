import { ID_BYTES_MAX } from '../ids.ts'
import type { Hashtag } from '../ids.ts'
import type { ContractRule } from '../rules.ts'
import type { Kind } from './kind.ts'
import { scalar } from './kind.ts'

const DELETE = 0x7f
const FIRST_PRINTABLE = 0x20
/** The C1 control characters end here. */
const CONTROL_LAST = 0x9f

/** The rule an id breaks, or null: 1 to 64 UTF-8 bytes, none a control character. */
export const idBreaks = (value: unknown): ContractRule | null => {
  if (typeof value !== 'string') return 'WRONG_TYPE'
  const characters = value.length
  if (characters === 0 || characters > ID_BYTES_MAX) return 'ID_LENGTH'
  for (let index = 0; index < characters; index++) {
    const code = value.charCodeAt(index)
    if (code < FIRST_PRINTABLE || code === DELETE) return 'ID_CHARACTERS'
    if (code > DELETE) return wideIdBreaks(value, index)
  }
  return null
}

/** The rest of an id from its first character beyond ASCII: counts UTF-8 bytes as it goes. */
const wideIdBreaks = (value: string, from: number): ContractRule | null => {
  if (!value.isWellFormed()) return 'ID_CHARACTERS'
  for (let index = from; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code < FIRST_PRINTABLE || (code >= DELETE && code <= CONTROL_LAST)) return 'ID_CHARACTERS'
  }
  return Buffer.byteLength(value) > ID_BYTES_MAX ? 'ID_LENGTH' : null
}

/** No control character, as JSON Schema says it; that the limit is in bytes it cannot say. */
export const ID_PATTERN = '^[^\\u0000-\\u001f\\u007f-\\u009f]+$'
/** Leading `#`s do not count; one character at least beside them. */
const HASHTAG_PATTERN = `^#*[^#\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]{0,${ID_BYTES_MAX - 1}}$`

/** An opaque id: 1 to 64 UTF-8 bytes without control characters. */
export const id = <Brand extends string>(): Kind<Brand> =>
  scalar<Brand>({
    allows: `an id of 1 to ${ID_BYTES_MAX} UTF-8 bytes without control characters`,
    avro: 'string',
    jsonSchema: { type: 'string', minLength: 1, maxLength: ID_BYTES_MAX, pattern: ID_PATTERN },
    breaks: idBreaks,
  })

/** A short name chosen by the publisher (a surface, a device, a label): bound by the rules of ids. */
export const label = (): Kind<string> => id<string>()

/** Free text of at most `charactersMax` UTF-16 code units. */
export const text = (charactersMax: number): Kind<string> =>
  scalar<string>({
    allows: `text of at most ${charactersMax} characters`,
    avro: 'string',
    jsonSchema: { type: 'string', maxLength: charactersMax },
    breaks: (value) => {
      if (typeof value !== 'string') return 'WRONG_TYPE'
      if (value.length > charactersMax) return 'TEXT_TOO_LONG'
      return value.isWellFormed() ? null : 'TEXT_BROKEN'
    },
  })

/** A hashtag as it is stored: no `#`, lower case, Unicode NFC. JSON is normalised; Avro must hold it so. */
export const hashtag = (): Kind<Hashtag> =>
  scalar<Hashtag>({
    allows: `a hashtag without '#', lower case, Unicode NFC, of 1 to ${ID_BYTES_MAX} UTF-8 bytes`,
    avro: 'string',
    jsonSchema: { type: 'string', minLength: 1, pattern: HASHTAG_PATTERN },
    breaks: (value) => {
      const rule = idBreaks(value)
      if (rule !== null) return rule
      return normaliseHashtag(value as string) === value ? null : 'WRONG_FORM'
    },
    build: (json) => (typeof json === 'string' ? normaliseHashtag(json) : json),
  })

const PLAIN_HASHTAG = /^[a-z0-9_-]+$/

/**
 * Strips leading `#`s, lowers the case and composes. Lowering can undo NFC and composing can undo lowering
 * only for letters without a composed lower case, which a second pass leaves as they are.
 */
export const normaliseHashtag = (raw: string): Hashtag => {
  if (PLAIN_HASHTAG.test(raw)) return raw as Hashtag
  let start = 0
  while (raw.startsWith('#', start)) start++
  return raw.slice(start).normalize('NFC').toLowerCase().normalize('NFC') as Hashtag
}

const UPPER_A = 0x41
const UPPER_Z = 0x5a
const isUpperLetter = (code: number): boolean => code >= UPPER_A && code <= UPPER_Z

/** Beyond ASCII, letters change into others with their case: 'ı' into 'I', the Kelvin sign into 'k'. */
const isAsciiOf = (json: unknown, charactersMax: number): json is string =>
  typeof json === 'string' && json.length <= charactersMax && PRINTABLE_ASCII.test(json)

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/

/** ISO 3166-1 alpha-2, upper case (JSON may come in lower case). Whether the country exists is not checked. */
export const country = (): Kind<string> =>
  scalar<string>({
    allows: 'a country as two upper-case letters (ISO 3166-1)',
    avro: 'string',
    jsonSchema: { type: 'string', pattern: '^[A-Za-z]{2}$' },
    breaks: (value) => {
      if (typeof value !== 'string') return 'WRONG_TYPE'
      if (value.length !== 2) return 'WRONG_FORM'
      return isUpperLetter(value.charCodeAt(0)) && isUpperLetter(value.charCodeAt(1)) ? null : 'WRONG_FORM'
    },
    build: (json) => (isAsciiOf(json, 2) ? json.toUpperCase() : json),
  })

/** RFC 5646 asks readers to take tags of at least 35 characters. */
const LANGUAGE_CHARACTERS_MAX = 35
const LANGUAGE = /^[a-z]{2,8}(-[a-z0-9]{1,8})*$/
const LANGUAGE_PATTERN = '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$'

/** A BCP 47 language tag, lower case (JSON may come in any case). */
export const language = (): Kind<string> =>
  scalar<string>({
    allows: 'a language as a lower-case BCP 47 tag such as "en" or "pt-br"',
    avro: 'string',
    jsonSchema: {
      type: 'string',
      minLength: 2,
      maxLength: LANGUAGE_CHARACTERS_MAX,
      pattern: LANGUAGE_PATTERN,
    },
    breaks: (value) => {
      if (typeof value !== 'string') return 'WRONG_TYPE'
      return value.length <= LANGUAGE_CHARACTERS_MAX && LANGUAGE.test(value) ? null : 'WRONG_FORM'
    },
    build: (json) => (isAsciiOf(json, LANGUAGE_CHARACTERS_MAX) ? json.toLowerCase() : json),
  })
