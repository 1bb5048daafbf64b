import type { SnapshotManifest } from '../../models/snapshot/manifest.ts'
import type { HeadTrace, SignedWeights } from '../../models/value-model.ts'
import { CONTENT_DIMENSIONS } from '../../processors/content/direction.ts'
import type { UserProfile } from '../../processors/profiles.ts'
import type { UserTaste } from '../../processors/user-taste.ts'
import type { Millis, RequestId } from '../../schemas/ids.ts'
import type { FeedAccount } from '../feed-account.ts'
import type { RankedFeed } from '../feed-pipeline.ts'
import type { FeedQuery } from '../query.ts'
import type { Configuration } from '../rules/config.ts'
import type { Ranking } from '../scorers/ranking.ts'
import { RankedItems } from './ranked-items.ts'

const FLOAT_BYTES = 4
/** Of what is beside the arrays. */
const OVERHEAD_BYTES = 2_048

/**
 * A feed as it was ranked: the whole order with all that was scored, from which pages are cut. Holds copies, so
 * that it outlives the ranking. What posts say is left out: pages show what they say when they are shown.
 */
export class Session {
  readonly id: string
  /** The request that began it. */
  readonly requestId: RequestId
  readonly query: FeedQuery
  readonly profile: UserProfile | null
  readonly taste: UserTaste | null
  readonly account: FeedAccount
  /** Time of the newest event behind its features; null without any. */
  readonly newestEventAt: Millis | null
  readonly configuration: Configuration
  /** `EXPERIMENT/ARM`; null outside of all. */
  readonly experiment: string | null
  readonly models: Readonly<Record<'heavy' | 'light', SnapshotManifest>>
  /** Of the towers that posts by strangers were found by; null where none were searched by. */
  readonly retrievalVersion: string | null
  readonly items: RankedItems
  /** About how much memory it takes. */
  readonly bytes: number
  private readonly weights: SignedWeights
  private readonly heads: Float32Array
  private readonly factors: Float32Array
  private readonly propensities: Float64Array | null
  private readonly features: Buffer
  private readonly featureEnds: Uint32Array
  private readonly contentVectors: Buffer

  /** Copies what a ranking holds, which must not be released yet. */
  constructor(
    id: string,
    requestId: RequestId,
    feed: RankedFeed<Ranking>,
    account: FeedAccount,
    newestEventAt: Millis | null,
  ) {
    const { query, viewer, order, ranking } = feed
    this.id = id
    this.requestId = requestId
    this.query = query
    this.profile = viewer.profile
    this.taste = viewer.taste
    this.account = account
    this.newestEventAt = newestEventAt
    this.configuration = ranking.configuration
    this.experiment = ranking.experiment
    this.weights = ranking.weights
    this.models = ranking.manifests
    this.retrievalVersion = feed.sourceCounts.get('retrieval')?.modelVersion ?? null
    this.items = new RankedItems(order, viewer)
    this.factors = ranking.factors
    this.propensities = ranking.propensities
    this.heads = new Float32Array(order.length * this.headCount)
    this.featureEnds = new Uint32Array(order.length)
    this.contentVectors = Buffer.alloc(order.length * CONTENT_DIMENSIONS)
    this.features = this.copy(feed)
    const floats = this.heads.length + this.factors.length + this.featureEnds.length
    const bytes = this.features.length + this.contentVectors.length
    this.bytes = OVERHEAD_BYTES + this.items.bytes + floats * FLOAT_BYTES + bytes
  }

  get headNames(): readonly string[] {
    return this.models.heavy.heads
  }

  /** How the expected value at a place came about; empty where pass 1 did not score it. */
  headTrace(index: number): HeadTrace[] {
    return this.isScored(index) ? this.configuration.valueModel.trace(this.heads, index, this.weights) : []
  }

  /** What this viewer's feed would value outputs at, rows × heads; see `ValueModel.evaluate`. */
  evaluate(outputs: Float32Array, rows: number, values: Float32Array): void {
    this.configuration.valueModel.evaluate(outputs, rows, values, this.weights)
  }

  headsOf(index: number): number[] {
    if (!this.isScored(index)) return []
    return Array.from(this.heads.subarray(index * this.headCount, (index + 1) * this.headCount))
  }

  /** What each rule of the configuration did; empty where pass 2 did not run. */
  factorsOf(index: number): number[] {
    const { length } = this.configuration.rules
    return Array.from(this.factors.subarray(index * length, (index + 1) * length))
  }

  propensityOf(index: number): number {
    return this.propensities?.[index] ?? 1
  }

  /** The features as they were scored, packed; empty where pass 1 did not score the place. */
  featuresOf(index: number): Buffer {
    return this.features.subarray(this.featuresStart(index), this.featureEnds[index])
  }

  /** What the post was about when it was scored: int8; null where pass 1 did not score it, or it says nothing. */
  contentVectorOf(index: number): Buffer | null {
    const start = index * CONTENT_DIMENSIONS
    const vector = this.contentVectors.subarray(start, start + CONTENT_DIMENSIONS)
    return vector.some((value) => value !== 0) ? vector : null
  }

  private get headCount(): number {
    return this.models.heavy.heads.length
  }

  private featuresStart(index: number): number {
    return index === 0 ? 0 : this.featureEnds[index - 1]!
  }

  private isScored(index: number): boolean {
    return this.featureEnds[index]! > this.featuresStart(index)
  }

  /** Copies heads, contents and features; answers the features. */
  private copy({ order, ranking }: RankedFeed<Ranking>): Buffer {
    packing.reserve(order.length * ranking.featureBytesMax)
    let end = 0
    for (let index = 0; index < order.length; index++) {
      const candidate = order[index]!
      ranking.copyHeads(candidate, this.heads, index * this.headCount)
      ranking.copyContent(candidate, this.contentVectors, index * CONTENT_DIMENSIONS)
      end = ranking.packFeatures(candidate, packing.buffer, end)
      this.featureEnds[index] = end
    }
    const features = Buffer.allocUnsafeSlow(end)
    packing.buffer.copy(features, 0, 0, end)
    return features
  }
}

/** Where rows are packed before their length is known; shared, for it is used without a pause. */
const packing = {
  buffer: Buffer.alloc(0),
  reserve(bytes: number): void {
    if (this.buffer.length < bytes) this.buffer = Buffer.allocUnsafe(Math.max(bytes, this.buffer.length * 2))
  },
}
