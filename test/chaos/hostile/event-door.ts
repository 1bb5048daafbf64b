import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../../engine/driver/random.ts'
import { shown, type Tally } from './tally.ts'
import { linesOf, verdictOf, type NumberedLine, type Verdict } from './verdict.ts'

interface Refusal {
  readonly line: number
  readonly code: string
  readonly rule: string | null
  readonly field: string | null
  readonly message: string
}

interface Answer {
  readonly status: number
  readonly accepted: number
  readonly refused: readonly Refusal[]
}

interface Judged extends NumberedLine {
  readonly verdict: Verdict
}

const BREAKS = ['\n', '\n', '\n', '\r\n', '\n\n', '\n \t\r\n']
const RETRY_MS = 50
const TRIES_MAX = 400

/** What an event may be refused by at the door. */
const CODES: ReadonlySet<string> = new Set(['DECODE_FAILED', 'CONTRACT_BROKEN', 'TIME_IN_FUTURE'])
const MESSAGE_CHARACTERS_MAX = 600
const FIELD_CHARACTERS_MAX = 128

/**
 * Posts events to `/v1/events` and holds every answer against the verdict on each line: a bad one must be
 * refused by its number with a code, a good one accepted. Throws where one is not.
 */
export class EventDoor {
  private readonly url: string
  private readonly random: Random
  private readonly tally: Tally

  constructor(url: string, random: Random, tally: Tally) {
    this.url = `${url}/v1/events`
    this.random = random
    this.tally = tally
  }

  /** As NDJSON. A mutated line may hold line breaks: the body is judged by the lines it has. */
  async postLines(lines: readonly Buffer[]): Promise<void> {
    const separator = Buffer.from(this.random.pick(BREAKS))
    const body = Buffer.concat(lines.flatMap((line) => [line, separator]))
    await this.post('application/x-ndjson', body, linesOf(body))
  }

  /** As a JSON array. Only of lines that are JSON: others would change where elements end. */
  async postArray(lines: readonly Buffer[]): Promise<void> {
    const elements = lines.filter(isJson)
    if (elements.length === 0) return
    const body = Buffer.concat([
      Buffer.from('['),
      ...elements.flatMap((line, index) => (index === 0 ? [line] : [Buffer.from(','), line])),
      Buffer.from(']'),
    ])
    const numbered = elements.map((bytes, index) => ({ number: index + 1, bytes }))
    await this.post('application/json', body, numbered)
  }

  private async post(type: string, body: Buffer, lines: readonly NumberedLine[]): Promise<void> {
    if (lines.length === 0) return
    const nowMs = Date.now()
    const judged = lines.map((line) => ({ ...line, verdict: verdictOf(line.bytes, nowMs) }))
    const answer = await this.answerTo(type, body)
    this.hold(judged, answer)
  }

  private async answerTo(type: string, body: Buffer): Promise<Answer> {
    for (let tried = 0; tried < TRIES_MAX; tried++) {
      const response = await fetch(this.url, { method: 'POST', headers: { 'content-type': type }, body })
      const { status } = response
      const { accepted = 0, refused = [] } = (await response.json()) as Partial<Answer>
      if (status === 200 || status === 400) return { status, accepted, refused }
      if (status !== 503) throw new Error(`answered ${status} to ${shown(body)}`)
      this.tally.retried++
      await sleep(RETRY_MS)
    }
    throw new Error(`not taken in ${TRIES_MAX} tries`)
  }

  private hold(judged: readonly Judged[], { status, accepted, refused }: Answer): void {
    const refusals = new Map(refused.map((refusal) => [refusal.line, refusal]))
    for (const { number, bytes, verdict } of judged) {
      const refusal = refusals.get(number)
      refusals.delete(number)
      if (verdict.kind === 'bad') this.tally.malformed++
      else this.tally.good++
      if (refusal !== undefined) this.holdRefusal(refusal, verdict, bytes)
      else if (verdict.kind !== 'bad') this.tally.accepted++
      else throw new Error(`accepted a bad event: ${shown(bytes)}`)
    }
    if (refusals.size > 0) throw new Error(`refused lines that were not sent: ${[...refusals.keys()].join()}`)
    if (accepted !== judged.length - refused.length) throw new Error(`counted ${accepted} accepted events`)
    if (status !== (accepted > 0 ? 200 : 400)) throw new Error(`answered ${status} with ${accepted} accepted`)
  }

  private holdRefusal({ code, rule, field, message }: Refusal, verdict: Verdict, bytes: Buffer): void {
    if (verdict.kind === 'good') throw new Error(`refused a good event (${message}): ${shown(bytes)}`)
    const isShort = message.length <= MESSAGE_CHARACTERS_MAX && (field ?? '').length <= FIELD_CHARACTERS_MAX
    if (!CODES.has(code) || !message.startsWith(rule ?? code) || !isShort) {
      throw new Error(`refused without reason (${code}, ${message}): ${shown(bytes)}`)
    }
    this.tally.refuse(rule ?? code)
  }
}

const isJson = (line: Buffer): boolean => {
  try {
    JSON.parse(line.toString())
    return true
  } catch {
    return false
  }
}
