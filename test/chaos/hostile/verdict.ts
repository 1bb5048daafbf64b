import { openRight } from './contract-table.ts'

/** What must become of a line: taken (with its topic), refused, or either, where the clock decides. */
export type Verdict = { readonly kind: 'good' | 'either'; readonly topic: string } | { readonly kind: 'bad' }

const LINE_BYTES_MAX = 1 << 20
/** Later than this ahead of the clock is refused; a minute around it may go either way. */
const FUTURE_MS_MAX = 5 * 60_000
const CLOCK_DOUBT_MS = 60_000

const BAD: Verdict = { kind: 'bad' }
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const verdictOf = (line: Buffer, nowMs: number): Verdict => {
  const json = line.length > LINE_BYTES_MAX ? undefined : parsed(line)
  const right = openRight(json)
  if (right === null) return BAD
  const { topic, at } = right
  const aheadMs = at - nowMs - FUTURE_MS_MAX
  if (Math.abs(aheadMs) < CLOCK_DOUBT_MS) return { kind: 'either', topic }
  return aheadMs > 0 ? BAD : { kind: 'good', topic }
}

/** Undefined for what is no JSON; JSON itself knows no undefined. */
const parsed = (line: Buffer): unknown => {
  try {
    return JSON.parse(utf8.decode(line))
  } catch {
    return undefined
  }
}

/** A line of NDJSON, numbered from 1. */
export interface NumberedLine {
  readonly number: number
  readonly bytes: Buffer
}

const NEWLINE = 0x0a

/** The lines of a body that are not blank. */
export const linesOf = (body: Buffer): NumberedLine[] => {
  const lines: NumberedLine[] = []
  let start = 0
  for (let number = 1; start < body.length; number++) {
    const newline = body.indexOf(NEWLINE, start)
    const end = newline === -1 ? body.length : newline
    const bytes = body.subarray(start, end)
    if (!bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))) lines.push({ number, bytes })
    start = end + 1
  }
  return lines
}
