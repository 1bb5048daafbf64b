import { Agent, get } from 'node:http'
import { systemClock } from '../../cli/runtime/clock.ts'

/** What a client measured, milliseconds from sending a request to the end of its answer. */
export interface ClientReport {
  readonly requests: number
  readonly seconds: number
  readonly tookMs: readonly number[]
}

interface Order {
  readonly urls: readonly string[]
  readonly atOnce: number
  readonly requests: number
  /** Sends no more after so long. */
  readonly forMs?: number
}

/** Sends requests, so many at a time, each over its own connection that is kept; answers how long each took. */
const ask = async ({ urls, atOnce, requests, forMs = Infinity }: Order): Promise<ClientReport> => {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const tookMs: number[] = []
  let next = 0
  const started = systemClock.monotonicMs()
  const one = async (): Promise<void> => {
    while (next < requests && systemClock.monotonicMs() - started < forMs) {
      const url = urls[next++ % urls.length]!
      const begun = systemClock.monotonicMs()
      await fetchOne(url, agent)
      tookMs.push(systemClock.monotonicMs() - begun)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  const seconds = (systemClock.monotonicMs() - started) / 1_000
  agent.destroy()
  return { requests: tookMs.length, seconds, tookMs }
}

const fetchOne = (url: string, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`))
      response.on('end', resolve).on('error', reject).resume()
    }).on('error', reject)
  })

process.on('message', (order: Order) => {
  ask(order).then(
    (report) => process.send!(report),
    (error: unknown) => {
      process.exitCode = 1
      process.disconnect()
      throw error
    },
  )
})
