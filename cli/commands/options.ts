import { InvalidArgumentError, Option } from 'commander'
import { MILLIS_MAX, MILLIS_MIN } from '../../schemas/declare/numbers.ts'

export const DATA_DEFAULT = '.freshet/data'
export const WORLD_DIRECTORY = '.freshet/world'
const PARTITIONS_MAX = 64

/** Options that several commands share, worded once. */
export const dataOption = (): Option => new Option('--data <dir>', 'data directory').default(DATA_DEFAULT)

export const urlOption = (running = '`freshet up`'): Option =>
  new Option('--url <url>', `ask a running ${running} on this machine, such as http://127.0.0.1:8080`)

/** Of processes that tell of rows. */
export const stateUrlOption = (): Option => urlOption('`freshet up`, `worker` or `serve`')

export const jsonOption = (): Option =>
  new Option('--json', 'print JSON; the last line of stdout is the result')

/** `absent` says what is taken where it is not given. */
export const asOfOption = (absent: string): Option =>
  new Option('--as-of <time>', `milliseconds since 1970 or ISO 8601; ${absent} where absent`).argParser(time)

/** `what` is listed: so many of them at most. */
export const limitOption = (what: string, max: number, usual: number): Option =>
  new Option('--limit <n>', `${what} at most`).argParser(integer(1, max)).default(usual)

/** Of a data directory that is made. */
export const partitionsOption = (): Option =>
  new Option('--partitions <n>', 'partitions of a new data directory').argParser(integer(1, PARTITIONS_MAX))

/** Parses a whole number within a range, for an option. */
export const integer =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isInteger(value) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`)
  }

/** Parses a number up to 1, for an option. */
export const shareFrom =
  (min: number) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() !== '' && value >= min && value <= 1) return value
    throw new InvalidArgumentError(`Give a number from ${min} to 1.`)
  }

/** Parses a number from 0 to 1, for an option. */
export const share = shareFrom(0)

/** A time: milliseconds since 1970, or anything ISO 8601 such as 2026-05-17T15:30Z. */
const time = (text: string): number => {
  const value = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (value >= MILLIS_MIN && value <= MILLIS_MAX) return value
  throw new InvalidArgumentError(
    'Give milliseconds since 1970, or a time such as 2026-05-17T15:30Z, from 2000 to 2100.',
  )
}

export const speed = (text: string): number => {
  const value = text === 'max' ? Infinity : Number(text)
  if (value > 0) return value
  throw new InvalidArgumentError('Give "max", or a number above 0: 60 plays an hour in a minute.')
}

export interface DataOptions {
  readonly data: string
  readonly url?: string
  readonly json?: boolean
}

/** Examples below the help of a command. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`
