import type { FeatureReader } from '../features/store/port.ts'
import type { Serving } from '../cli/serving/open.ts'
import type { ValueModelConfig } from '../models/value-model.ts'
import { millis, type UserId } from '../schemas/ids.ts'
import { Rankings } from '../serving/experiments/rankings.ts'
import { FeedPipeline } from '../serving/feed-pipeline.ts'
import type { RankingConfig } from '../serving/rules/config.ts'
import { Ranker } from '../serving/scorers/ranker.ts'
import type { Ranking } from '../serving/scorers/ranking.ts'
import type { StateRows } from '../serving/state-rows.ts'
import type { FreshetApi } from '../world/driver/port.ts'
import { Oracle } from '../world/oracle/rankings.ts'
import type { FeedWitness } from '../world/oracle/witness.ts'
import type { Visitor, World } from '../world/world.ts'
import { worldWeights } from './world-weights.ts'
import { rounded } from './rounded.ts'

/** Ranks without a page: the first posts of the order, by name. */
export type Rank = (userId: string, asOf: number, limit: number) => Promise<readonly string[]>
type Slates = ReadonlyMap<string, readonly string[]>

interface RankParts {
  readonly features: FeatureReader
  readonly rows: StateRows
  readonly serving: Pick<Serving, 'scorers' | 'parts'>
}

/** Ranks by another configuration than what serves, from the same candidates and by the same models. */
export const rankBy = ({ features, rows, serving }: RankParts, config: RankingConfig): Rank => {
  const rankings = new Rankings(config, [])
  const ranker = new Ranker({ scorers: serving.scorers, features, rows, rankings })
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

export interface VariantsOptions {
  readonly variants: ReadonlyMap<string, Rank>
  /** Of the feeds of those who are asked about, one in so many is ranked by all variants. */
  readonly oneIn: number
  readonly asksAbout?: (userId: string) => boolean
}

/** Freshet's API, beside which some feeds are, at the same moment, ranked by all variants too. */
export class VariantsApi implements FreshetApi {
  private readonly api: FreshetApi
  private readonly options: VariantsOptions
  private readonly slates = new Map<string, Slates>()
  private feeds = 0

  constructor(api: FreshetApi, options: VariantsOptions) {
    this.api = api
    this.options = options
  }

  publish(lines: readonly string[]): ReturnType<FreshetApi['publish']> {
    return this.api.publish(lines)
  }

  settled(): Promise<void> {
    return this.api.settled()
  }

  async feed(userId: string, asOf: number, limit: number): ReturnType<FreshetApi['feed']> {
    const { variants, oneIn, asksAbout = () => true } = this.options
    // What nobody took is of an earlier feed.
    this.slates.delete(userId)
    if (asksAbout(userId) && this.feeds++ % oneIn === 0) {
      const slates = await slatesOf(variants, (rank) => rank(userId, asOf, limit))
      if (slates !== null) this.slates.set(userId, slates)
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

/**
 * What every variant makes of a feed; null where the first makes something else of it afterwards, for what trends is
 * chosen anew every few seconds, and then the variants did not rank the same candidates.
 */
const slatesOf = async (
  variants: ReadonlyMap<string, Rank>,
  ask: (rank: Rank) => Promise<readonly string[]>,
): Promise<Slates | null> => {
  const slates = new Map<string, readonly string[]>()
  for (const [name, rank] of variants) slates.set(name, await ask(rank))
  const [first] = variants
  if (first === undefined) return null
  const [name, rank] = first
  return (await ask(rank)).join() === slates.get(name)!.join() ? slates : null
}

/** How much more of the best possible worth one variant's feeds have than another's, in percentage points. */
export interface Gain {
  readonly gain: number
  /** Standard error over feeds. */
  readonly error: number
  /** Share of feeds whose first page is another. */
  readonly changes: number
}

/** Values what every variant would have shown, by what the world knows. */
export class VariantWorths implements FeedWitness {
  private readonly world: World
  private readonly api: VariantsApi
  private readonly oracle: Oracle
  private best = 0
  /** By variant, one a feed. */
  private readonly worths = new Map<string, number[]>()
  private readonly pages = new Map<string, string[]>()

  constructor(world: World, api: VariantsApi, valueModel: ValueModelConfig) {
    this.world = world
    this.api = api
    this.oracle = new Oracle(world, worldWeights(valueModel))
  }

  served({ userId }: Visitor, posts: readonly number[]): void {
    const slates = this.api.take(userId)
    if (slates === undefined) return
    this.oracle.rank(this.world.now, posts.length)
    this.best += this.oracle.worth.best
    for (const [name, slate] of slates) {
      const others = slate.filter((postId) => !this.world.isOwn(postId))
      const worth = this.oracle.worthOf(
        others.map((postId) => this.world.visiblePost(postId)),
        this.world.now,
      )
      this.worths.set(name, [...(this.worths.get(name) ?? []), worth])
      this.pages.set(name, [...(this.pages.get(name) ?? []), slate.join()])
    }
  }

  looked(): void {
    // What comes of a feed is of no matter here.
  }

  feeds(name: string): number {
    return this.worths.get(name)?.length ?? 0
  }

  /** Of what the best possible feeds were worth. */
  shareOf(name: string): number {
    return rounded((this.worths.get(name) ?? []).reduce((sum, worth) => sum + worth, 0) / this.best, 4)
  }

  gainOf(name: string, over: string): Gain {
    const others = this.worths.get(over)!
    const pages = this.pages.get(over)!
    const feeds = others.length
    const { mean, error } = meanOf(this.worths.get(name)!.map((worth, feed) => worth - others[feed]!))
    const changes = this.pages.get(name)!.filter((page, feed) => page !== pages[feed]).length
    const percent = (100 * feeds) / this.best
    return {
      gain: rounded(mean * percent, 4),
      error: rounded(error * percent, 4),
      changes: rounded(changes / feeds, 4),
    }
  }
}

const meanOf = (values: readonly number[]): { readonly mean: number; readonly error: number } => {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, count - 1)
  return { mean, error: Math.sqrt(variance / count) }
}
