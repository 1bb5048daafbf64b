import type { Millis } from '../ids.ts'
import type { ContractRule } from '../rules.ts'
import type { Kind } from './kind.ts'
import { scalar } from './kind.ts'

/** 2000-01-01T00:00:00Z and 2100-01-01T00:00:00Z: outside lies a wrong unit (seconds, microseconds), not a time. */
export const MILLIS_MIN = 946_684_800_000
export const MILLIS_MAX = 4_102_444_800_000

const integerBreaks = (value: unknown, min: number, max: number): ContractRule | null => {
  if (typeof value !== 'number') return 'WRONG_TYPE'
  if (Number.isSafeInteger(value)) return value >= min && value <= max ? null : 'OUT_OF_RANGE'
  if (!Number.isFinite(value)) return 'NOT_FINITE'
  return Number.isInteger(value) ? 'OUT_OF_RANGE' : 'NOT_INTEGER'
}

/** Minus zero is zero: neither Avro's integers nor written JSON know it. */
const plainZero = (json: unknown): unknown => (json === 0 ? 0 : json)

/** Integer milliseconds since the Unix epoch, event time. */
export const time = (): Kind<Millis> =>
  scalar<Millis>({
    allows: 'integer milliseconds since 1970 between 2000-01-01 and 2100-01-01',
    avro: { type: 'long', logicalType: 'timestamp-millis' },
    jsonSchema: { type: 'integer', minimum: MILLIS_MIN, maximum: MILLIS_MAX },
    breaks: (value) => integerBreaks(value, MILLIS_MIN, MILLIS_MAX),
  })

const INT_MAX = 0x7fff_ffff

/** An integer from `min` to `max`, both included. */
export const integer = (min: number, max: number): Kind<number> =>
  scalar<number>({
    allows: `an integer from ${min} to ${max}`,
    avro: min >= -INT_MAX && max <= INT_MAX ? 'int' : 'long',
    jsonSchema: { type: 'integer', minimum: min, maximum: max },
    breaks: (value) => integerBreaks(value, min, max),
    build: plainZero,
  })

const numberBreaks = (value: unknown, min: number, max: number): ContractRule | null => {
  if (typeof value !== 'number') return 'WRONG_TYPE'
  if (!Number.isFinite(value)) return 'NOT_FINITE'
  return value >= min && value <= max ? null : 'OUT_OF_RANGE'
}

/** A finite double from `min` to `max`, both included. */
export const number = (min = -Number.MAX_VALUE, max = Number.MAX_VALUE): Kind<number> =>
  scalar<number>({
    allows: max === Number.MAX_VALUE ? 'a finite number' : `a number from ${min} to ${max}`,
    avro: 'double',
    jsonSchema: { type: 'number', ...(max === Number.MAX_VALUE ? {} : { minimum: min, maximum: max }) },
    breaks: (value) => numberBreaks(value, min, max),
    build: plainZero,
  })

/** What is rounded to infinity in single precision: half a step beyond the largest number. */
const FLOAT_END = 2 ** 128 - 2 ** 103

/** A finite number in single precision; JSON is rounded to it. */
export const float = (): Kind<number> =>
  scalar<number>({
    allows: 'a finite number in single precision',
    avro: 'float',
    jsonSchema: { type: 'number', exclusiveMinimum: -FLOAT_END, exclusiveMaximum: FLOAT_END },
    breaks: (value) => {
      if (typeof value !== 'number') return 'WRONG_TYPE'
      return Number.isFinite(Math.fround(value)) ? null : 'NOT_FINITE'
    },
    build: (json) => (typeof json === 'number' ? plainZero(Math.fround(json)) : json),
  })

export const boolean = (): Kind<boolean> =>
  scalar<boolean>({
    allows: 'true or false',
    avro: 'boolean',
    jsonSchema: { type: 'boolean' },
    breaks: (value) => (typeof value === 'boolean' ? null : 'WRONG_TYPE'),
  })
