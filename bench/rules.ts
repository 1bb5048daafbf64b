import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../cli/runtime/clock.ts'
import { HttpApi } from '../cli/world/http-api.ts'
import { DEFAULT_VALUE_MODEL } from '../models/value-model.ts'
import { DAY_MS, millis, type UserId } from '../schemas/ids.ts'
import { Rankings } from '../serving/experiments/rankings.ts'
import { FeedPipeline } from '../serving/feed-pipeline.ts'
import { RANKING_DEFAULTS } from '../serving/rules/config.ts'
import { RULES } from '../serving/rules/index.ts'
import { Ranker } from '../serving/scorers/ranker.ts'
import type { Ranking } from '../serving/scorers/ranking.ts'
import { Driver } from '../world/driver/driver.ts'
import type { FreshetApi } from '../world/driver/port.ts'
import { Oracle } from '../world/oracle/rankings.ts'
import type { FeedWitness } from '../world/oracle/witness.ts'
import { type Visitor, World } from '../world/world.ts'
import { type LocalServer, startLocalServer } from './local-server.ts'
import { parametersOf, type WorldBenchOptions } from './world.ts'
import { worldWeights } from './world-weights.ts'

export const RULES_BENCH_DEFAULTS: WorldBenchOptions = {
  users: 300,
  posts: 1_500,
  impressions: 24_000,
  days: 2,
  seed: 1,
}

const HISTORY_DAYS = 1
const PRICED_ONE_IN = 5
const ALL_ON = 'all on'
const ALL_OFF = 'all off'

export interface RulesBenchResult {
  /** Feeds that were ranked by every variant. */
  readonly feeds: number
  /** What feeds are worth with all rules on and off, as shares of the best possible. */
  readonly ev_share_all_on: number
  readonly ev_share_all_off: number
  /**
   * By rule: how much of the best possible worth feeds gain when it alone is turned off, in percentage points
   * (mean, and its standard error over feeds); and the share of feeds whose first page it changes.
   */
  readonly rules: Readonly<
    Record<string, { readonly price: number; readonly error: number; readonly changes: number }>
  >
}

/** Ranks without a page: the first posts of the order, by name. */
type Rank = (userId: string, asOf: number, limit: number) => Promise<readonly string[]>
type Slates = ReadonlyMap<string, readonly string[]>

/**
 * What each rule of pass 2 costs a viewer. People of a world live on the feeds of the whole configuration; some
 * of them are, at the same moment and from the same candidates and scores, also ranked with one rule off.
 */
export const run = async (given: Partial<WorldBenchOptions> = {}): Promise<RulesBenchResult> => {
  const options = { ...RULES_BENCH_DEFAULTS, ...given }
  const directory = await mkdtemp(join(tmpdir(), 'freshet-rules-'))
  const server = await startLocalServer(directory)
  try {
    const world = new World(parametersOf(options))
    const api = new PricingApi(new HttpApi(server.url, systemClock), variantsOf(server))
    const driver = new Driver(world, api)
    await driver.open()
    await driver.history(world.now + HISTORY_DAYS * DAY_MS)
    const prices = new Prices(world, api)
    await driver.run(world.now + options.days * DAY_MS, prices)
    return prices.result()
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

const variantsOf = (server: LocalServer): ReadonlyMap<string, Rank> => {
  const names = RULES.map(({ name }) => name)
  return new Map([
    [ALL_ON, rankWithout(server, [])],
    [ALL_OFF, rankWithout(server, names)],
    ...names.map((name) => [name, rankWithout(server, [name])] as const),
  ])
}

const rankWithout = ({ embedded, serving }: LocalServer, rulesOff: readonly string[]): Rank => {
  const rankings = new Rankings({ ...RANKING_DEFAULTS, rulesOff }, [])
  const ranker = new Ranker({
    scorers: serving.scorers,
    features: embedded.features,
    rows: embedded.rows,
    rankings,
  })
  const pipeline = new FeedPipeline<Ranking>({ ...serving.parts, ranker })
  return async (userId, asOf, limit) => {
    const feed = await pipeline.rank({
      userId: userId as UserId,
      asOf: millis(asOf),
      limit,
      device: null,
      surface: null,
      preview: true,
    })
    feed.ranking.release()
    return feed.order.slice(0, limit).map(({ post }) => post.postId)
  }
}

/** Freshet's API, beside which every so many feeds are ranked by all variants too. */
class PricingApi implements FreshetApi {
  private readonly api: FreshetApi
  private readonly variants: ReadonlyMap<string, Rank>
  private readonly slates = new Map<string, Slates>()
  private feeds = 0

  constructor(api: FreshetApi, variants: ReadonlyMap<string, Rank>) {
    this.api = api
    this.variants = variants
  }

  publish(lines: readonly string[]): ReturnType<FreshetApi['publish']> {
    return this.api.publish(lines)
  }

  settled(): Promise<void> {
    return this.api.settled()
  }

  async feed(userId: string, asOf: number, limit: number): ReturnType<FreshetApi['feed']> {
    if (this.feeds++ % PRICED_ONE_IN === 0) {
      const slates = new Map<string, readonly string[]>()
      for (const [name, rank] of this.variants) slates.set(name, await rank(userId, asOf, limit))
      this.slates.set(userId, slates)
    }
    return this.api.feed(userId, asOf, limit)
  }

  /** What the variants made of a viewer's last feed, once. */
  take(userId: string): Slates | undefined {
    const slates = this.slates.get(userId)
    this.slates.delete(userId)
    return slates
  }
}

/** Values what every variant would have shown. */
class Prices implements FeedWitness {
  private readonly world: World
  private readonly api: PricingApi
  private readonly oracle: Oracle
  private best = 0
  /** By variant, one a feed. */
  private readonly worths = new Map<string, number[]>()
  private readonly changes = new Map<string, number>()

  constructor(world: World, api: PricingApi) {
    this.world = world
    this.api = api
    this.oracle = new Oracle(world, worldWeights(DEFAULT_VALUE_MODEL))
  }

  served({ userId }: Visitor, posts: readonly number[]): void {
    const slates = this.api.take(userId)
    if (slates === undefined) return
    this.oracle.rank(this.world.now, posts.length)
    this.best += this.oracle.worth.best
    const served = slates.get(ALL_ON)!.join()
    for (const [name, slate] of slates) {
      const others = slate.filter((postId) => !this.world.isOwn(postId))
      const worth = this.oracle.worthOf(
        others.map((postId) => this.world.visiblePost(postId)),
        this.world.now,
      )
      this.worths.set(name, [...(this.worths.get(name) ?? []), worth])
      this.changes.set(name, (this.changes.get(name) ?? 0) + (slate.join() === served ? 0 : 1))
    }
  }

  looked(): void {
    // What comes of a feed is of no matter here.
  }

  result(): RulesBenchResult {
    const on = this.worths.get(ALL_ON) ?? []
    const feeds = on.length
    const share = (name: string): number =>
      rounded((this.worths.get(name) ?? []).reduce((sum, worth) => sum + worth, 0) / this.best)
    const rules = RULES.map(({ name }) => {
      const gains = this.worths.get(name)!.map((worth, feed) => worth - on[feed]!)
      const { mean, error } = meanOf(gains)
      const percent = (100 * feeds) / this.best
      return [
        name,
        {
          price: rounded(mean * percent),
          error: rounded(error * percent),
          changes: rounded(this.changes.get(name)! / feeds),
        },
      ] as const
    })
    return {
      feeds,
      ev_share_all_on: share(ALL_ON),
      ev_share_all_off: share(ALL_OFF),
      rules: Object.fromEntries(rules),
    }
  }
}

const meanOf = (values: readonly number[]): { readonly mean: number; readonly error: number } => {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, count - 1)
  return { mean, error: Math.sqrt(variance / count) }
}

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000
