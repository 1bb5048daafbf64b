import { Agent, get } from 'node:http'
import { systemClock } from '../../cli/runtime/clock.ts'
import type { FeedAnswer } from '../../serving/http/feed-schemas.ts'
import { endWithBenchmark } from '../forked.ts'

const OK = '200'
const NOTHING = Buffer.alloc(0)

/** What a client measured, milliseconds from sending a request to the end of its answer. */
export interface ClientReport {
  readonly requests: number
  readonly seconds: number
  readonly tookMs: readonly number[]
  /** Answers by their status; requests without one by why. */
  readonly statuses: Readonly<Record<string, number>>
  /** Stages that answers were made without, as `STAGE REASON`; empty where answers are not read. */
  readonly degraded: Readonly<Record<string, number>>
}

export interface Order {
  readonly urls: readonly string[]
  readonly atOnce: number
  /** At most so many; */
  readonly requests?: number
  /** none is sent after so long. */
  readonly forMs?: number
  /** Looks what stages answers were made without: that takes time of the client. */
  readonly reads?: boolean
}

interface Answer {
  readonly status: string
  readonly body: Buffer
}

/** Sends requests, so many at a time, each over its own connection that is kept; answers how long each took. */
const ask = async (order: Order): Promise<ClientReport> => {
  const { urls, atOnce, requests = Infinity, forMs = Infinity, reads = false } = order
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const tookMs: number[] = []
  const statuses: Record<string, number> = {}
  const degraded: Record<string, number> = {}
  let next = 0
  const started = systemClock.monotonicMs()
  const one = async (): Promise<void> => {
    while (next < requests && systemClock.monotonicMs() - started < forMs) {
      const url = urls[next++ % urls.length]!
      const begun = systemClock.monotonicMs()
      const { status, body } = await fetchOne(url, agent)
      tookMs.push(systemClock.monotonicMs() - begun)
      add(statuses, status)
      if (reads && status === OK) for (const each of degradedIn(body)) add(degraded, each)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  const seconds = (systemClock.monotonicMs() - started) / 1_000
  agent.destroy()
  return { requests: tookMs.length, seconds, tookMs, statuses, degraded }
}

const add = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

const degradedIn = (body: Buffer): readonly string[] => {
  const { meta } = JSON.parse(body.toString()) as Pick<FeedAnswer, 'meta'>
  return meta.degraded.map(({ stage, reason }) => `${stage} ${reason}`)
}

const fetchOne = (url: string, agent: Agent): Promise<Answer> =>
  new Promise((resolve) => {
    const failed = (error: Error): void => resolve({ status: error.message, body: NOTHING })
    get(url, { agent }, (response) => {
      const parts: Buffer[] = []
      response
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () => resolve({ status: String(response.statusCode), body: Buffer.concat(parts) }))
        .on('error', failed)
    }).on('error', failed)
  })

endWithBenchmark()
process.on('message', (order: Order) => void ask(order).then((report) => process.send!(report)))
