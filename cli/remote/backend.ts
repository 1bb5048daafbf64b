import type { Clock } from '../../engine/clock.ts'
import { EngineError, type EngineErrorCode } from '../../engine/errors.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import type { Topology } from '../../engine/topology.ts'
import type { FeatureSink } from '../../features/sink/feature-sink.ts'
import { NearCache } from '../../features/store/near-cache.ts'
import type { FeatureReader } from '../../features/store/port.ts'
import { RedisFeatureStore, type RedisMemory } from '../../features/store/redis.ts'
import { RowFeatures } from '../../features/store/row-features.ts'
import type { Millis } from '../../schemas/ids.ts'
import type { Degraded } from '../../serving/pipeline/run.ts'
import { StateRows } from '../../serving/state-rows.ts'
import { PendingRestrictions } from '../../serving/visibility/pending-restrictions.ts'
import { kafkaOptionsOf, redisOptionsOf } from '../config/services.ts'
import type { Settings } from '../config/schema.ts'
import { type Backend, UNPROCESSED } from '../runtime/backend.ts'
import { Publisher } from '../runtime/publisher.ts'
import { followPosts } from './near-rows.ts'
import { RemoteProgress } from './progress.ts'
import type { Schemas } from './registry.ts'
import { RemoteRows } from './remote-rows.ts'
import { RestrictionFollower } from './restriction-follower.ts'
import { ServedStores } from './stores.ts'

export interface RemoteOptions {
  readonly settings: Settings
  readonly topology: Topology
  readonly schemas: Schemas
  readonly clock: Clock
  /** Hears how many public events came to count in rows. */
  readonly processed: (topic: string, events: number) => void
  /** Hears of errors that pass. */
  readonly failed: (error: EngineError) => void
  /** Throws what a worker of this process has ended with; left out where workers are other processes. */
  readonly assertRunning?: () => void
}

/** Marks are read so often: a restriction is held about as long beyond need. */
const PROGRESS_MS = 100
/** While Redis does not answer, rows that are kept are given up to this age. */
const STALE_MS_MAX = 300_000
/** An answer says that it lacks features when Redis has not answered within so long. */
const SILENT_MS_MAX = 1_000
/** An answer says that its features stand still when records have waited so long and none came to count. */
const STALLED_MS_MAX = 10_000
const PARTITIONED = 'reactions'

/** What stands behind a serving process: a log on Kafka to publish to, and rows on Redis that workers bring up. */
export class RemoteBackend implements Backend {
  readonly rows: StateRows
  readonly rowsNow: StateRows
  readonly features: FeatureReader
  readonly restrictions: PendingRestrictions
  readonly log: KafkaLog
  readonly cache: NearCache
  readonly progress: RemoteProgress
  private readonly store: RedisFeatureStore
  private readonly options: RemoteOptions
  private readonly follower: RestrictionFollower
  private timer: NodeJS.Timeout | undefined
  private near: FeatureSink | undefined
  private hearing: Promise<void> | undefined
  private moving: Promise<void> | undefined
  /** When features were last read as never seen, by why. */
  private readonly missedAtMs = new Map<EngineErrorCode, number>()
  private isClosing = false

  private constructor(
    options: RemoteOptions,
    log: KafkaLog,
    store: RedisFeatureStore,
    served: ServedStores,
    progress: RemoteProgress,
  ) {
    const { settings, clock } = options
    this.options = options
    this.log = log
    this.store = store
    this.progress = progress
    this.cache = new NearCache(store, {
      rowsMax: settings.serving.nearCacheRows,
      freshMsMax: settings.serving.nearCacheMsMax,
      staleMsMax: STALE_MS_MAX,
      isShared: served.isShared,
      isKept: served.isKept,
      monotonicMs: () => clock.monotonicMs(),
    })
    this.rows = new StateRows(new RemoteRows(this.cache, served.has))
    this.rowsNow = new StateRows(new RemoteRows(this.cache.anew, served.has))
    this.features = new RowFeatures(
      this.cache,
      store,
      ({ code }) => void this.missedAtMs.set(code, clock.monotonicMs()),
    )
    this.restrictions = new PendingRestrictions(progress)
    this.follower = new RestrictionFollower({
      log,
      schemas: options.schemas.inputs,
      restrictions: this.restrictions,
      failed: options.failed,
    })
  }

  /**
   * Throws an `EngineError` when Kafka cannot be reached, or topics are missing. A Redis that does not answer is no
   * reason: feeds answer `CATCHING_UP` until it has told how far rows are.
   */
  static async open(options: RemoteOptions): Promise<RemoteBackend> {
    const { settings, topology, clock, processed } = options
    const log = await KafkaLog.open(await kafkaOptionsOf(settings))
    try {
      const partitions = log.partitions(PARTITIONED)
      const served = new ServedStores(topology)
      const redis = await redisOptionsOf(settings, served.timeToLiveMs)
      const store = await RedisFeatureStore.openEvenAway({ ...redis, partitions }, options.failed)
      const progress = new RemoteProgress({ log, store, topology, partitions, clock, processed })
      const backend = new RemoteBackend(options, log, store, served, progress)
      await backend.begin(served, partitions).catch(async (error: unknown) => {
        await backend.close()
        throw error
      })
      return backend
    } catch (error) {
      await log.close()
      throw error
    }
  }

  publisher(): Publisher {
    return new Publisher(
      this.log,
      (accepted) => this.restrictions.accept(accepted),
      this.options.schemas.codecs,
    )
  }

  /** How far behind workers are is theirs to mend: the log has room. */
  assertAccepting(): void {
    this.restrictions.assertRoom()
  }

  /** A worker beside it may have ended for good; what becomes of others, they tell themselves. */
  assertRunning(): void {
    this.options.assertRunning?.()
  }

  get unready(): string | null {
    if (!this.progress.isHeard) return 'Redis has not told yet how far rows are'
    return this.restrictions.hasCaughtUp ? null : UNPROCESSED
  }

  lagRecords(): number {
    return this.progress.lagRecords()
  }

  get isSettled(): boolean {
    return this.progress.isHeard && this.progress.lagRecords() === 0
  }

  commits(): number {
    return this.progress.commits()
  }

  newestEventAt(): Millis | null {
    return this.progress.newestEventAt()
  }

  /** Of Redis; null where it does not answer. */
  async memory(): Promise<RedisMemory | null> {
    return this.store.memory().catch(() => null)
  }

  degraded(): readonly Degraded[] {
    const reason = this.lackOfFeatures()
    return reason === null ? [] : [{ stage: 'features', reason }]
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    this.isClosing = true
    await this.hearing
    await this.near?.close()
    await this.follower.close()
    await this.log.close()
    await this.moving
    await this.store.close()
  }

  private lackOfFeatures(): 'FEATURES_UNAVAILABLE' | 'FEATURES_LOST' | 'STALLED' | null {
    const { progress, options } = this
    if (progress.silentMs() > SILENT_MS_MAX || this.hasMissed('FEATURES_UNAVAILABLE'))
      return 'FEATURES_UNAVAILABLE'
    // That there was no row may be near for a while after it has come again.
    const isLacking = progress.lackedMs() <= options.settings.serving.nearCacheMsMax
    if (isLacking || this.hasMissed('FEATURES_LOST')) return 'FEATURES_LOST'
    return progress.stalledMs() > STALLED_MS_MAX ? 'STALLED' : null
  }

  private hasMissed(code: EngineErrorCode): boolean {
    const missedAtMs = this.missedAtMs.get(code) ?? -Infinity
    return this.options.clock.monotonicMs() - missedAtMs < SILENT_MS_MAX
  }

  private async begin(served: ServedStores, partitions: number): Promise<void> {
    await this.unlessFailing(this.progress.refresh())
    this.timer = setInterval(() => void this.refresh(), PROGRESS_MS).unref()
    if (this.options.settings.serving.nearCacheRows === 0) return
    this.near = await followPosts({
      log: this.log,
      store: this.store,
      cache: this.cache,
      partitions,
      mark: (keySpace, partition) => this.progress.mark(keySpace, partition),
      markedAtMs: () => this.progress.markedAtMs(),
      storesOf: served.namesOf,
      monotonicMs: () => this.options.clock.monotonicMs(),
      failed: this.options.failed,
    })
  }

  /** Whoever waits for Kafka holds up nothing that Redis tells. */
  private async refresh(): Promise<void> {
    this.hearing ??= this.unlessFailing(this.progress.hear()).finally(() => {
      this.hearing = undefined
    })
    await this.hearing
    this.moving ??= this.unlessFailing(this.progress.moveOn()).finally(() => {
      this.moving = undefined
    })
    await this.moving
    this.restrictions.settle()
  }

  /** What cannot be read now stays as it was last heard; answers say so. */
  private async unlessFailing(asking: Promise<void>): Promise<void> {
    await asking.catch((error: unknown) => {
      if (!(error instanceof EngineError)) throw error
      if (!this.isClosing) this.options.failed(error)
    })
  }
}
