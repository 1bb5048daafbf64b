import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../cli/runtime/clock.ts'
import { HttpApi } from '../cli/world/http-api.ts'
import { DAY_MS } from '../schemas/ids.ts'
import { type Impression, impressions as impressionContract } from '../schemas/impressions/index.ts'
import { impressionOf } from '../serving/effects/impression.ts'
import { INVENTORY_LIMITS, type Limits } from '../serving/inventory.ts'
import { QUOTAS } from '../serving/quotas.ts'
import { Driver } from '../world/driver/driver.ts'
import type { FreshetApi } from '../world/driver/port.ts'
import { World } from '../world/world.ts'
import { type LocalServer, startLocalServer } from './local-server.ts'
import { Comparison, type ParityBenchResult } from './parity/comparison.ts'
import { parametersOf, type WorldBenchOptions } from './world.ts'

export const PARITY_BENCH_DEFAULTS: WorldBenchOptions = {
  users: 300,
  posts: 1_500,
  impressions: 20_000,
  days: 2,
  seed: 1,
}

const HISTORY_DAYS = 1
const POLL_MS = 5
/**
 * What trends leaves room for what is retrieved, and nothing fills it up: strangers' posts of a small world would all
 * be there because they trend.
 */
const LIMITS: Limits = { ...INVENTORY_LIMITS, quotas: { ...QUOTAS, trending: 20 }, candidatesMin: 0 }
/** The replay's partitions: what a task holds, and in which order it meets events, must not matter. */
const REPLAY_PARTITIONS = 3

/** What happened to a server, in order. */
type Happening =
  | { readonly kind: 'published'; readonly lines: readonly string[] }
  | { readonly kind: 'settled' }
  | { readonly kind: 'logged'; readonly impression: Impression }

export const about = 'Features as feeds logged them, beside those of a replay of the log: bit for bit.'

/**
 * A world is served; its log (what was published, and the impressions) is then replayed into an empty server, and
 * before each impression comes there, its posts are ranked again, as of its moment. What a post was scored by, and
 * what was logged of it and its viewer beside, must be the same, bit for bit.
 */
export const run = async (given: Partial<WorldBenchOptions> = {}): Promise<ParityBenchResult> => {
  const options = { ...PARITY_BENCH_DEFAULTS, ...given }
  const history: Happening[] = []
  await withServer({}, (server) => live(server, options, history))
  const replayed = { partitions: REPLAY_PARTITIONS, retrieves: false }
  return withServer(replayed, (server) => replay(server, history))
}

const withServer = async <Result>(
  options: { readonly partitions?: number; readonly retrieves?: boolean },
  work: (server: LocalServer) => Promise<Result>,
): Promise<Result> => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-parity-'))
  const server = await startLocalServer(directory, { ...options, patient: true, limits: LIMITS })
  try {
    return await work(server)
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

const live = async (server: LocalServer, options: WorldBenchOptions, history: Happening[]): Promise<void> => {
  const { impressions } = server.serving
  const add = impressions.add.bind(impressions)
  impressions.add = (page) => {
    history.push({ kind: 'logged', impression: impressionOf(page) })
    add(page)
  }
  const world = new World(parametersOf(options))
  const driver = new Driver(world, new RecordingApi(server, history))
  await driver.open()
  await driver.history(world.now + HISTORY_DAYS * DAY_MS)
  await driver.run(world.now + options.days * DAY_MS)
}

const replay = async (server: LocalServer, history: readonly Happening[]): Promise<ParityBenchResult> => {
  const comparison = new Comparison(server)
  const api = new HttpApi(server.url, systemClock)
  for (const happening of history) {
    if (happening.kind === 'published') await api.publish(happening.lines)
    else if (happening.kind === 'settled') await api.settled()
    else {
      await comparison.add(happening.impression)
      const publisher = server.embedded.publisher()
      publisher.add({ contract: impressionContract, value: happening.impression })
      await publisher.flush()
    }
  }
  return comparison.result()
}

/** Writes down what is asked, so that it can be asked again. */
class RecordingApi implements FreshetApi {
  private readonly server: LocalServer
  private readonly api: FreshetApi
  private readonly history: Happening[]

  constructor(server: LocalServer, history: Happening[]) {
    this.server = server
    this.api = new HttpApi(server.url, systemClock)
    this.history = history
  }

  publish(lines: readonly string[]): ReturnType<FreshetApi['publish']> {
    this.history.push({ kind: 'published', lines })
    return this.api.publish(lines)
  }

  /** Impressions are written behind: a moment that can be come back to has none on the way. */
  async settled(): Promise<void> {
    while (this.server.serving.impressions.counts.waiting > 0) await pause(POLL_MS)
    await this.api.settled()
    this.history.push({ kind: 'settled' })
  }

  feed(userId: string, asOf: number, limit: number): ReturnType<FreshetApi['feed']> {
    return this.api.feed(userId, asOf, limit)
  }
}
