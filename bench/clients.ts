import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../cli/runtime/clock.ts'
import { askApart, percentiles } from './feed/asking.ts'
import { load } from './feed/load.ts'
import { sizeOf, Society, USUAL } from './feed/society.ts'
import { startLocalServer } from './local-server.ts'
import { rounded } from './rounded.ts'

export interface ClientsBenchOptions {
  /** Posts in state; a tenth as many users. */
  readonly keys: number
  /** Reactions before feeds are asked for. */
  readonly events: number
  /** How long clients ask. */
  readonly seconds: number
  /** Clients at once, each with a connection of its own, and the next request as soon as the last is answered. */
  readonly clients: number
}

export const about = 'A hundred clients that ask for feeds at once: statuses, errors, late stages, latencies.'

export const CLIENTS_BENCH_DEFAULTS: ClientsBenchOptions = {
  keys: 20_000,
  events: 20_000,
  seconds: 60,
  clients: 100,
}

const LIMIT = 20
const OK = '200'

export interface ClientsBenchResult {
  readonly clients: number
  readonly seconds: number
  readonly requests: number
  /** Requests that were not answered with a feed. Must be 0. */
  readonly errors: number
  /** Answers by their status; requests without one by why. */
  readonly statuses: Readonly<Record<string, number>>
  /** Stages that feeds were made without, as `STAGE REASON`: late ones too. */
  readonly degraded: Readonly<Record<string, number>>
  readonly requests_per_s: number
  readonly p50_ms: number
  readonly p99_ms: number
}

/** Whether a server that is asked by many at once, for more than it can do, goes on answering all of them. */
export const run = async (given: Partial<ClientsBenchOptions> = {}): Promise<ClientsBenchResult> => {
  const { keys, events, seconds: wanted, clients } = { ...CLIENTS_BENCH_DEFAULTS, ...given }
  const directory = await mkdtemp(join(tmpdir(), 'freshet-clients-'))
  const server = await startLocalServer(directory)
  try {
    const society = new Society(sizeOf(keys, events), systemClock.now())
    await load(server.embedded, society.all())
    await server.serving.retrieval?.settle()
    const urls = society
      .viewersOf(USUAL)
      .map((viewer) => `${server.url}/v1/feed?userId=${viewer}&limit=${LIMIT}`)
    const order = { urls, atOnce: clients, forMs: wanted * 1_000, reads: true }
    const { requests, seconds, tookMs, statuses, degraded } = await askApart(order)
    return {
      clients,
      seconds: rounded(seconds, 2),
      requests,
      errors: requests - (statuses[OK] ?? 0),
      statuses,
      degraded,
      requests_per_s: rounded(requests / seconds, 2),
      ...percentiles(tookMs),
    }
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}
