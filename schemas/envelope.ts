import { isAscii, isUtf8 } from 'node:buffer'
import type { Contract } from './contract.ts'
import { isObject } from './declare/composites.ts'
import type { PublicValue } from './index.ts'
import { publicContracts } from './index.ts'
import { ContractError, show } from './rules.ts'

/** Largest line that is read. */
export const LINE_BYTES_MAX = 1 << 20

/** Deepest nesting that is read; the contracts need three levels. */
export const JSON_DEPTH_MAX = 32

/** A value with the contract that it was read by. */
export interface Envelope {
  readonly contract: Contract<PublicValue>
  readonly value: PublicValue
}

/** Any public contract is read, keyed and written through this: its functions get values of its own only. */
const byTopic: ReadonlyMap<unknown, Contract<PublicValue>> = new Map(
  Object.entries(publicContracts as unknown as Readonly<Record<string, Contract<PublicValue>>>),
)

/**
 * Reads one line of a replay file or of the HTTP door, without its line break: `{"topic": ..., "value": {...}}`.
 * Throws a `ContractError`.
 */
export const readEnvelope = (buffer: Buffer, start = 0, end = buffer.length): Envelope => {
  if (end - start > LINE_BYTES_MAX) {
    throw new ContractError(
      'TOO_LARGE',
      null,
      null,
      `It has ${end - start} bytes, at most ${LINE_BYTES_MAX} are read`,
    )
  }
  checkDepth(buffer, start, end)
  return openEnvelope(parse(textOf(buffer.subarray(start, end))))
}

/** The same for JSON that is parsed already, for instance an item of a JSON array. */
export const openEnvelope = (json: unknown): Envelope => {
  if (!isObject(json)) throw new ContractError('ENVELOPE', null, null, `It is ${show(json)}`)
  for (const name of Object.keys(json)) {
    if (name !== 'topic' && name !== 'value') {
      throw new ContractError('ENVELOPE', null, null, `It has a field ${show(name)}`)
    }
  }
  const topic = fieldOf(json, 'topic')
  const contract = byTopic.get(topic)
  if (contract === undefined) {
    throw new ContractError(
      'UNKNOWN_TOPIC',
      null,
      'topic',
      `Expected one of ${[...byTopic.keys()].join(', ')}, got ${show(topic)}`,
    )
  }
  return { contract, value: contract.fromJson(fieldOf(json, 'value')) }
}

const fieldOf = (json: Readonly<Record<string, unknown>>, name: string): unknown => {
  if (!Object.hasOwn(json, name)) throw new ContractError('ENVELOPE', null, name, `It has no field "${name}"`)
  return json[name]
}

const textOf = (bytes: Buffer): string => {
  if (isAscii(bytes)) return bytes.toString('latin1')
  if (!isUtf8(bytes)) throw new ContractError('NOT_UTF8', null, null, '')
  return bytes.toString('utf8')
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new ContractError('NOT_JSON', null, null, `It begins with ${show(text)}`)
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Refuses deep nesting before anything is parsed. Brackets within strings do not count; every byte of a UTF-8
 * character beyond ASCII is above 0x7f, so none is mistaken for one of these.
 */
const checkDepth = (buffer: Buffer, start: number, end: number): void => {
  let depth = 0
  let inString = false
  for (let at = start; at < end; at++) {
    const byte = buffer[at]!
    if (inString) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) {
      inString = true
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > JSON_DEPTH_MAX) {
        throw new ContractError('TOO_DEEP', null, null, `At most ${JSON_DEPTH_MAX} levels are read`)
      }
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      depth--
    }
  }
}
