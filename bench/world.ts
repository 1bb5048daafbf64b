import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../cli/runtime/clock.ts'
import { HttpApi } from '../cli/world/http-api.ts'
import { DEFAULT_VALUE_MODEL } from '../models/value-model.ts'
import { DAY_MS } from '../schemas/ids.ts'
import { Driver, DRIVER_DEFAULTS } from '../world/driver/driver.ts'
import type { FreshetApi } from '../world/driver/port.ts'
import { Ledger, type WorldReport } from '../world/oracle/ledger.ts'
import { Oracle } from '../world/oracle/rankings.ts'
import { WORLD_DEFAULTS, type WorldParameters } from '../world/parameters.ts'
import { World } from '../world/world.ts'
import { NullApi } from './world-null.ts'
import { startServer } from './world-server.ts'
import { worldWeights } from './world-weights.ts'
import { rounded } from './rounded.ts'

export interface WorldBenchOptions {
  readonly users: number
  /** Posts and impressions that are aimed at over the days that are served. */
  readonly posts: number
  readonly impressions: number
  /** Days that are served, after one of history. */
  readonly days: number
  readonly seed: number
  /** Chance a day that somebody's favourite subject becomes another one. */
  readonly drift?: number
  /** One feed in so many is measured against the best possible; one in twenty where absent. */
  readonly evaluateOneIn?: number
}

export const WORLD_BENCH_DEFAULTS: WorldBenchOptions = {
  users: 300,
  posts: 1_500,
  impressions: 40_000,
  days: 3,
  seed: 1,
}

export interface WorldBenchResult extends WorldReport {
  readonly users: number
  readonly posts: number
  readonly days: number
  readonly seed: number
  readonly drift: number
  /** Events published, history included. */
  readonly events: number
  /** Wall time of the days that are served. */
  readonly seconds: number
  readonly feed_p50_ms: number
  readonly feed_p99_ms: number
  /** The world's own time over a server that costs nothing, evaluation aside. */
  readonly world_us_per_impression: number
  readonly world_impressions_per_s: number
  /** Working out the best ranking of one feed. */
  readonly evaluation_ms_per_feed: number
}

const WEIGHTS = worldWeights(DEFAULT_VALUE_MODEL)
const HISTORY_DAYS = 1
const EVALUATE_ONE_IN = 20
/** Comments bring people back now and then, beyond their habits. */
const HABITUAL_SHARE = 0.95
const EVALUATIONS_TIMED = 200

export const about =
  'What feeds are worth to people of a world, beside random, recent, popular and best possible ones.'

/** People of a world load their feeds from Freshet, in a process of its own, over HTTP. */
export const run = async (given: Partial<WorldBenchOptions> = {}): Promise<WorldBenchResult> => {
  const options = { ...WORLD_BENCH_DEFAULTS, ...given }
  const alone = await measureAlone(options)
  const directory = await mkdtemp(join(tmpdir(), 'freshet-world-'))
  const server = await startServer(directory)
  try {
    return { ...(await serve(options, new HttpApi(server.url, systemClock))), ...alone }
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** A world of the size that was asked for. */
export const parametersOf = ({
  users,
  posts,
  impressions,
  days,
  seed,
  drift = WORLD_DEFAULTS.driftPerDay,
}: WorldBenchOptions): WorldParameters => ({
  ...WORLD_DEFAULTS,
  users,
  seed,
  driftPerDay: drift,
  postsPerUserDay: posts / users / days,
  feedsPerUserDay: impressions / (HABITUAL_SHARE * DRIVER_DEFAULTS.limit) / users / days,
})

interface Served extends WorldReport {
  readonly users: number
  readonly posts: number
  readonly days: number
  readonly seed: number
  readonly drift: number
  readonly events: number
  readonly seconds: number
  readonly feed_p50_ms: number
  readonly feed_p99_ms: number
}

const serve = async (options: WorldBenchOptions, http: FreshetApi): Promise<Served> => {
  const world = new World(parametersOf(options))
  const api = new TimedApi(http)
  const { driver, ledger } = await begin(world, api, options.evaluateOneIn ?? EVALUATE_ONE_IN)
  const postsBefore = world.posts.count
  const started = systemClock.monotonicMs()
  await driver.run(world.now + options.days * DAY_MS, ledger)
  const seconds = (systemClock.monotonicMs() - started) / 1_000
  return {
    users: options.users,
    posts: world.posts.count - postsBefore,
    days: options.days,
    seed: options.seed,
    drift: world.parameters.driftPerDay,
    events: driver.events,
    seconds: rounded(seconds, 2),
    feed_p50_ms: rounded(api.quantile(0.5), 2),
    feed_p99_ms: rounded(api.quantile(0.99), 2),
    ...ledger.report(),
  }
}

const begin = async (
  world: World,
  api: FreshetApi,
  evaluateOneIn: number,
): Promise<{ readonly driver: Driver; readonly ledger: Ledger }> => {
  const driver = new Driver(world, api)
  await driver.open()
  await driver.history(world.now + HISTORY_DAYS * DAY_MS)
  const { limit } = DRIVER_DEFAULTS
  return { driver, ledger: new Ledger(world, { weights: WEIGHTS, evaluateOneIn, limit }) }
}

interface Alone {
  readonly world_us_per_impression: number
  readonly world_impressions_per_s: number
  readonly evaluation_ms_per_feed: number
}

const measureAlone = async (options: WorldBenchOptions): Promise<Alone> => {
  const world = new World(parametersOf(options))
  const api = new NullApi(world, systemClock)
  const { driver, ledger } = await begin(world, api, Infinity)
  const [started, servingBefore] = [systemClock.monotonicMs(), api.servingMs]
  await driver.run(world.now + options.days * DAY_MS, ledger)
  const ms = systemClock.monotonicMs() - started - (api.servingMs - servingBefore)
  const usPerImpression = (ms * 1_000) / ledger.report().impressions
  return {
    world_us_per_impression: rounded(usPerImpression, 2),
    world_impressions_per_s: Math.round(1_000_000 / usPerImpression),
    evaluation_ms_per_feed: rounded(evaluationMs(world), 2),
  }
}

const evaluationMs = (world: World): number => {
  const oracle = new Oracle(world, WEIGHTS)
  const viewers = Math.min(world.people.count, EVALUATIONS_TIMED)
  const started = systemClock.monotonicMs()
  for (let viewer = 0; viewer < viewers; viewer++) {
    world.as(viewer, () => oracle.rank(world.now, DRIVER_DEFAULTS.limit))
  }
  return (systemClock.monotonicMs() - started) / viewers
}

/** Keeps how long feeds took, the server's many at once included. */
class TimedApi implements FreshetApi {
  private readonly api: FreshetApi
  private readonly tookMs: number[] = []

  constructor(api: FreshetApi) {
    this.api = api
  }

  publish(lines: readonly string[]): ReturnType<FreshetApi['publish']> {
    return this.api.publish(lines)
  }

  settled(): Promise<void> {
    return this.api.settled()
  }

  async feed(userId: string, asOf: number, limit: number): ReturnType<FreshetApi['feed']> {
    const started = systemClock.monotonicMs()
    const feed = await this.api.feed(userId, asOf, limit)
    this.tookMs.push(systemClock.monotonicMs() - started)
    return feed
  }

  quantile(share: number): number {
    const sorted = this.tookMs.toSorted((one, other) => one - other)
    return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
  }
}
