import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../../engine/driver/random.ts'
import { answersIn, exchange, RawSocket, requestBytes, type RawAnswer } from './raw-http.ts'
import { requestCases } from './requests.ts'
import type { RequestCase } from './requests/case.ts'
import { endlessCases } from './requests/wire.ts'
import { shown, type Tally } from './tally.ts'

/** Requests made by hand, garbage, and connections that misbehave; each must be answered by a code or closed. */
export class Connections {
  private readonly port: number
  private readonly random: Random
  private readonly tally: Tally
  private readonly cases = requestCases()

  constructor(port: number, random: Random, tally: Tally) {
    this.port = port
    this.random = random
    this.tally = tally
  }

  /** Every hand-made request, in an order of chance. */
  async everyRequest(): Promise<void> {
    for (const each of shuffled(this.cases, this.random)) await this.request(each)
  }

  /** One of these, or of the hand-made ones. */
  async any(): Promise<void> {
    switch (this.random.below(6)) {
      case 0:
        return this.garbage()
      case 1:
        return this.garbledRequest()
      case 2:
        return this.abortedBody()
      case 3:
        return this.pipelined()
      default:
        return this.request(this.random.pick(this.cases))
    }
  }

  /** Requests that never end. They take until their time is over (30 s), so start them early. */
  async endless(): Promise<void> {
    await Promise.all(endlessCases().map((each) => this.request(each)))
  }

  /** A body that comes in drops, but comes: it is taken. */
  async drops(): Promise<void> {
    const body = Buffer.from('{"topic":"nowhere"}')
    const bytes = requestBytes('POST', '/v1/events', { 'content-type': 'application/json' }, body)
    const raw = new RawSocket(this.port)
    for (const byte of bytes) {
      raw.write(Buffer.from([byte]))
      await sleep(1)
    }
    await raw.closed
    this.tally.malformed++
    this.holdCoded('a body in drops', bytes, answersIn(raw.received), 1)
  }

  /**
   * More bodies announced than are received at once: the last are told to come later, whoever else asks is
   * served, and once they are gone events are taken again.
   */
  async crowd(): Promise<void> {
    const bytes = requestBytes('POST', '/v1/events', {
      'content-type': 'application/x-ndjson',
      'content-length': String(BODY_BYTES_MAX),
    })
    const crowd = Array.from({ length: CROWD }, () => new RawSocket(this.port))
    for (const raw of crowd) raw.write(bytes)
    await sleep(CROWD_MS)
    const answers = crowd.flatMap((raw) => answersIn(raw.received))
    for (const raw of crowd) raw.destroy()
    this.tally.malformed += crowd.length
    if (answers.length === 0) throw new Error('however many bodies were announced, none was refused')
    for (const answer of answers) {
      if (answer.status !== 503 || codeOf(answer) !== 'TOO_BUSY')
        throw new Error(`crowd: ${answer.status} ${answer.body}`)
      this.tally.refuse('TOO_BUSY')
    }
  }

  private async request({ name, bytes, expected }: RequestCase): Promise<void> {
    const [answer] = await exchange(this.port, bytes)
    const code = answer === undefined ? 'closed' : codeOf(answer)
    const isExpected = expected.some((each) =>
      each === 'closed' ? answer === undefined : each.status === answer?.status && each.code === code,
    )
    if (!isExpected) throw new Error(`${name}: answered ${answer?.status} ${answer?.body.slice(0, 300)}`)
    if (answer?.status === 200) return
    this.tally.malformed++
    this.tally.refuse(code ?? 'none')
  }

  private async garbage(): Promise<void> {
    const bytes = Buffer.from(
      Array.from({ length: 1 + this.random.below(2_000) }, () => this.random.below(256)),
    )
    const raw = new RawSocket(this.port)
    raw.socket.end(bytes)
    await raw.closed
    this.tally.malformed++
    this.holdCoded('garbage', bytes, answersIn(raw.received), 0)
  }

  /** A hand-made request with some bytes of its head changed. */
  private async garbledRequest(): Promise<void> {
    const bytes = Buffer.from(this.random.pick(this.cases).bytes)
    const headEnd = bytes.indexOf('\r\n\r\n') + 4
    for (let count = 1 + this.random.below(4); count > 0; count--) {
      bytes[this.random.below(Math.max(1, headEnd))] = this.random.below(256)
    }
    const raw = new RawSocket(this.port)
    raw.socket.end(bytes)
    await raw.closed
    const answers = answersIn(raw.received)
    if (answers.every(({ status }) => status === 200)) return
    this.tally.malformed++
    this.holdCoded('a garbled request', bytes, answers, 0)
  }

  private async abortedBody(): Promise<void> {
    const raw = new RawSocket(this.port)
    raw.write(
      requestBytes('POST', '/v1/events', {
        'content-type': 'application/x-ndjson',
        'content-length': String(1_000 + this.random.below(1_000_000)),
      }),
    )
    raw.write(Buffer.alloc(this.random.below(1_000), 'x'))
    await sleep(this.random.below(5))
    raw.destroy()
    this.tally.malformed++
    this.tally.refuse('aborted')
  }

  /** Many requests at once on one connection, bad ones among them: all are answered, in order. */
  private async pipelined(): Promise<void> {
    const count = 2 + this.random.below(50)
    const targets = Array.from({ length: count }, () => this.random.pick(PIPELINED))
    const last = requestBytes('GET', '/healthz')
    const sent = targets.map(([target]) => requestBytes('GET', target, { connection: 'keep-alive' }))
    const answers = await exchange(this.port, Buffer.concat([...sent, last]))
    const statuses = answers.map(({ status }) => status).join()
    const expected = [...targets.map(([, status]) => status), 200].join()
    if (statuses !== expected) throw new Error(`pipelined: answered ${statuses} instead of ${expected}`)
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      this.tally.malformed++
      this.tally.refuse(codeOf(answer) ?? 'none')
    }
  }

  /** Whatever came back is a refusal with a code, or nothing where the connection was closed. */
  private holdCoded(name: string, bytes: Buffer, answers: readonly RawAnswer[], answersMin: number): void {
    if (answers.length < answersMin) throw new Error(`${name}: no answer to ${shown(bytes)}`)
    if (answers.length === 0) this.tally.refuse('closed')
    for (const answer of answers) {
      const code = codeOf(answer)
      const isRefusal = answer.status >= 400 && answer.status < 500 && code !== null
      if (answer.status !== 200 && !isRefusal) {
        throw new Error(`${name}: ${answer.status} ${answer.body.slice(0, 300)} to ${shown(bytes)}`)
      }
    }
    const refusal = answers.find(({ status }) => status !== 200)
    if (refusal !== undefined) this.tally.refuse(codeOf(refusal)!)
  }
}

const BODY_BYTES_MAX = 16 << 20
const CROWD = 20
const CROWD_MS = 300

const PIPELINED: readonly (readonly [target: string, status: number])[] = [
  ['/healthz', 200],
  ['/v1/feed?userId=__proto__', 200],
  ['/v1/feed?userId=%00', 400],
  ['/v1/feed?userId=a&limit=1e999', 400],
  ['/nowhere', 404],
]

const codeOf = ({ body }: RawAnswer): string | null => {
  try {
    const { code } = JSON.parse(body) as { readonly code?: unknown }
    return typeof code === 'string' ? code : null
  } catch {
    return null
  }
}

const shuffled = <Item>(items: readonly Item[], random: Random): readonly Item[] =>
  items
    .map((item) => [random.next(), item] as const)
    .toSorted(([one], [other]) => one - other)
    .map(([, item]) => item)
