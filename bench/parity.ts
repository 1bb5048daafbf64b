import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../cli/runtime/clock.ts'
import { HttpApi } from '../cli/world/http-api.ts'
import { DAY_MS } from '../schemas/ids.ts'
import { type Impression, impressions as impressionContract } from '../schemas/impressions/index.ts'
import { impressionOf } from '../serving/effects/impression.ts'
import { FEED_LIMIT_MAX } from '../serving/query.ts'
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
const POLL_MS = 5
/** The replay's partitions: what a task holds, and in which order it meets events, must not matter. */
const REPLAY_PARTITIONS = 3

export interface ParityBenchResult {
  readonly feeds: number
  /** Posts shown, each logged with the features that it was scored by. */
  readonly impressions: number
  /** Of them those that the replay ranked too: what trends is chosen anew every few seconds of wall time. */
  readonly compared: number
  /** Of them those whose features the replay gave other bytes. Must be 0. */
  readonly different: number
}

/** What happened to a server, in order. */
type Happening =
  | { readonly kind: 'published'; readonly lines: readonly string[] }
  | { readonly kind: 'settled' }
  | { readonly kind: 'feed'; readonly userId: string; readonly asOf: number }
  | { readonly kind: 'logged'; readonly impression: Impression }

/** By user and time: the features of each post, as a digest. */
type Digests = Map<string, ReadonlyMap<string, string>>

/**
 * A world is served; its log (what was published, and the impressions) is then replayed into an empty server, and
 * feeds are asked for at the same moments. What a post was scored by must be the same, bit for bit.
 */
export const run = async (given: Partial<WorldBenchOptions> = {}): Promise<ParityBenchResult> => {
  const options = { ...PARITY_BENCH_DEFAULTS, ...given }
  const history: Happening[] = []
  const served = await withServer({}, (server) => live(server, options, history))
  const again = await withServer({ partitions: REPLAY_PARTITIONS }, (server) => replay(server, history))
  return compare(served, again)
}

const withServer = async <Result>(
  options: { readonly partitions?: number },
  work: (server: LocalServer) => Promise<Result>,
): Promise<Result> => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-parity-'))
  const server = await startLocalServer(directory, { ...options, patient: true, retrieves: false })
  try {
    return await work(server)
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

const live = async (
  server: LocalServer,
  options: WorldBenchOptions,
  history: Happening[],
): Promise<Digests> => {
  const digests: Digests = new Map()
  const { impressions } = server.serving
  const add = impressions.add.bind(impressions)
  impressions.add = (page) => {
    const impression = impressionOf(page)
    note(impression, digests)
    history.push({ kind: 'logged', impression })
    add(page)
  }
  const world = new World(parametersOf(options))
  const driver = new Driver(world, new RecordingApi(server, history))
  await driver.open()
  await driver.history(world.now + HISTORY_DAYS * DAY_MS)
  await driver.run(world.now + options.days * DAY_MS)
  return digests
}

const replay = async (server: LocalServer, history: readonly Happening[]): Promise<Digests> => {
  const digests: Digests = new Map()
  // What is served now is not logged: the log says what was.
  server.serving.impressions.add = (page) => note(impressionOf(page), digests)
  const api = new HttpApi(server.url, systemClock)
  for (const happening of history) {
    if (happening.kind === 'published') await api.publish(happening.lines)
    else if (happening.kind === 'settled') await api.settled()
    else if (happening.kind === 'feed') await api.feed(happening.userId, happening.asOf, FEED_LIMIT_MAX)
    else {
      const publisher = server.embedded.publisher()
      publisher.add({ contract: impressionContract, value: happening.impression })
      await publisher.flush()
    }
  }
  return digests
}

const note = ({ userId, at, columnsHash, candidates }: Impression, digests: Digests): void => {
  const byPost = candidates.map(
    ({ postId, features }) =>
      [postId, createHash('sha256').update(columnsHash).update(features).digest('base64')] as const,
  )
  digests.set(`${userId} ${at}`, new Map<string, string>(byPost))
}

const compare = (served: Digests, again: Digests): ParityBenchResult => {
  let [impressions, compared, different] = [0, 0, 0]
  for (const [name, digests] of served) {
    const others = again.get(name)
    impressions += digests.size
    for (const [postId, digest] of digests) {
      const other = others?.get(postId)
      if (other === undefined) continue
      compared++
      if (other !== digest) different++
    }
  }
  return { feeds: served.size, impressions, compared, different }
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
    this.history.push({ kind: 'feed', userId, asOf })
    return this.api.feed(userId, asOf, limit)
  }
}
