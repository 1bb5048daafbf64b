import { ContractError } from '../../schemas/index.ts'
import { isBlank, skipSpace } from './space.ts'

/** Where an event's JSON lies in a body. */
export interface Item {
  readonly start: number
  readonly end: number
  /** Line of NDJSON, or place in a JSON array; from 1. */
  readonly line: number
}

const NEWLINE = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** The lines of NDJSON that hold anything: at most one more than `itemsMax`, so that too many can be told. */
export const lineItems = (body: Buffer, itemsMax: number): Item[] => {
  const items: Item[] = []
  let start = 0
  for (let line = 1; start < body.length && items.length <= itemsMax; line++) {
    const newline = body.indexOf(NEWLINE, start)
    const end = newline === -1 ? body.length : newline
    if (!isBlank(body, start, end)) items.push({ start, end, line })
    start = end + 1
  }
  return items
}

/**
 * The elements of a JSON array, or the body itself where it is none: found by their brackets alone, so that
 * each is parsed, and refused, by itself. At most one more than `itemsMax`. Throws a `ContractError` for an
 * array that does not end, or after which something follows.
 */
export const jsonItems = (body: Buffer, itemsMax: number): Item[] => {
  const first = skipSpace(body, 0)
  if (first === body.length) return []
  if (body[first] !== OPEN_LIST) return [{ start: first, end: body.length, line: 1 }]
  const items: Item[] = []
  const close = splitArray(body, first + 1, itemsMax, items)
  if (items.length > itemsMax) return items
  if (close === -1) throw new ContractError('NOT_JSON', null, null, 'The array is not closed')
  if (!isBlank(body, close + 1, body.length)) {
    throw new ContractError('NOT_JSON', null, null, `Something follows the array, at byte ${close + 1}`)
  }
  return items
}

/** Answers where the array closes; −1 when it does not, or when there are too many items. */
const splitArray = (body: Buffer, from: number, itemsMax: number, items: Item[]): number => {
  let start = from
  let depth = 0
  for (let at = from; at < body.length; at++) {
    const byte = body[at]!
    if (byte === QUOTE) at = endOfString(body, at)
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth++
    else if (depth > 0) depth -= byte === CLOSE_LIST || byte === CLOSE_OBJECT ? 1 : 0
    else if (byte === COMMA || byte === CLOSE_LIST) {
      const isEmptyArray = byte === CLOSE_LIST && items.length === 0 && isBlank(body, start, at)
      if (!isEmptyArray) items.push({ start, end: at, line: items.length + 1 })
      if (byte === CLOSE_LIST) return at
      if (items.length > itemsMax) return -1
      start = at + 1
    }
  }
  return -1
}

/** Where the string that opens at `open` closes; the body's end when it does not. */
const endOfString = (body: Buffer, open: number): number => {
  let at = open + 1
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1
  return at
}
