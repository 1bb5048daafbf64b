import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../cli/runtime/clock.ts'
import { HttpApi } from '../cli/world/http-api.ts'
import { DAY_MS } from '../schemas/ids.ts'
import { impressionOf } from '../serving/effects/impression.ts'
import { Driver } from '../world/driver/driver.ts'
import type { FreshetApi } from '../world/driver/port.ts'
import { World } from '../world/world.ts'
import { type LocalServer, startLocalServer } from './local-server.ts'
import { parametersOf, type WorldBenchOptions } from './world.ts'

export const PARITY_BENCH_DEFAULTS: WorldBenchOptions = {
  users: 300,
  posts: 1_500,
  impressions: 20_000,
  days: 2,
  seed: 1,
}

const HISTORY_DAYS = 1
/** The replay's partitions: what a task holds, and in which order it meets events, must not matter. */
const REPLAY_PARTITIONS = 3

export interface ParityBenchResult {
  readonly feeds: number
  /** Posts shown, each with the features that it was scored by. */
  readonly impressions: number
  /** Feeds that the replay answered with other posts, or in another order. Must be 0. */
  readonly other_feeds: number
  /** Posts whose features the replay gave other bytes. Must be 0. */
  readonly other_features: number
}

/** What a world asked of the API, in its order. */
type Call =
  | { readonly kind: 'publish'; readonly lines: readonly string[] }
  | { readonly kind: 'settled' }
  | { readonly kind: 'feed'; readonly userId: string; readonly asOf: number; readonly limit: number }

interface Logged {
  readonly posts: string
  /** One a post. */
  readonly digests: readonly string[]
}

/**
 * A world is served, and what it published is then replayed into an empty server, feeds asked for at the same
 * moments: the features that impressions log must be the same, bit for bit.
 */
export const run = async (given: Partial<WorldBenchOptions> = {}): Promise<ParityBenchResult> => {
  const options = { ...PARITY_BENCH_DEFAULTS, ...given }
  const calls: Call[] = []
  const served = await withServer(undefined, async (server) => {
    const logged = watch(server)
    const world = new World(parametersOf(options))
    const driver = new Driver(world, new RecordingApi(new HttpApi(server.url, systemClock), calls))
    await driver.open()
    await driver.history(world.now + HISTORY_DAYS * DAY_MS)
    await driver.run(world.now + options.days * DAY_MS)
    return logged
  })
  const replayed = await withServer(REPLAY_PARTITIONS, async (server) => {
    const logged = watch(server)
    const api = new HttpApi(server.url, systemClock)
    for (const call of calls) await repeat(call, api)
    return logged
  })
  return compare(served, replayed)
}

const withServer = async <Result>(
  partitions: number | undefined,
  work: (server: LocalServer) => Promise<Result>,
): Promise<Result> => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-parity-'))
  const server = await startLocalServer(directory, partitions, false)
  try {
    return await work(server)
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Digests of all that is logged from now on, by user and time. */
const watch = ({ serving }: LocalServer): ReadonlyMap<string, Logged> => {
  const logged = new Map<string, Logged>()
  const { impressions } = serving
  const add = impressions.add.bind(impressions)
  impressions.add = (page) => {
    const { userId, at, columnsHash, candidates } = impressionOf(page)
    logged.set(`${userId} ${at} ${page.position}`, {
      posts: candidates.map(({ postId }) => postId).join(),
      digests: candidates.map(({ features }) =>
        createHash('sha256').update(columnsHash).update(features).digest('base64'),
      ),
    })
    add(page)
  }
  return logged
}

const repeat = async (call: Call, api: FreshetApi): Promise<void> => {
  if (call.kind === 'publish') await api.publish(call.lines)
  else if (call.kind === 'settled') await api.settled()
  else await api.feed(call.userId, call.asOf, call.limit)
}

const compare = (
  served: ReadonlyMap<string, Logged>,
  replayed: ReadonlyMap<string, Logged>,
): ParityBenchResult => {
  let [impressions, otherFeeds, otherFeatures] = [0, 0, 0]
  for (const [name, { posts, digests }] of served) {
    const again = replayed.get(name)
    impressions += digests.length
    if (again?.posts !== posts) otherFeeds++
    else otherFeatures += digests.filter((digest, place) => again.digests[place] !== digest).length
  }
  const missing = [...replayed.keys()].filter((name) => !served.has(name)).length
  return {
    feeds: served.size,
    impressions,
    other_feeds: otherFeeds + missing,
    other_features: otherFeatures,
  }
}

/** Keeps what is asked, so that it can be asked again. */
class RecordingApi implements FreshetApi {
  private readonly api: FreshetApi
  private readonly calls: Call[]

  constructor(api: FreshetApi, calls: Call[]) {
    this.api = api
    this.calls = calls
  }

  publish(lines: readonly string[]): ReturnType<FreshetApi['publish']> {
    this.calls.push({ kind: 'publish', lines })
    return this.api.publish(lines)
  }

  settled(): Promise<void> {
    this.calls.push({ kind: 'settled' })
    return this.api.settled()
  }

  feed(userId: string, asOf: number, limit: number): ReturnType<FreshetApi['feed']> {
    this.calls.push({ kind: 'feed', userId, asOf, limit })
    return this.api.feed(userId, asOf, limit)
  }
}
