import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServedStores } from '../cli/remote/stores.ts'
import { systemClock } from '../cli/runtime/clock.ts'
import { Publisher } from '../cli/runtime/publisher.ts'
import { keyOf } from '../engine/key.ts'
import { KafkaLog } from '../engine/log/kafka.ts'
import { RedisFeatureStore } from '../features/store/redis.ts'
import { userAuthor } from '../processors/views/user-author.ts'
import type { UserId } from '../schemas/ids.ts'
import { realServices } from '../services/index.ts'
import { everything } from '../topologies/index.ts'
import { envelopeOf, reactionEvents, ReactionLoad } from './engine-load.ts'
import { FreshetCommand } from './freshness/command.ts'
import { FeedProbe } from './freshness/feed-probe.ts'
import { publishAll } from './publish-all.ts'

export interface FreshnessOptions {
  /** Distinct (user, author) pairs, all of them known before anything is measured. */
  readonly keys: number
  readonly seconds: number
}

export interface FreshnessResult {
  readonly keys: number
  readonly seconds: number
  readonly partitions: number
  /** Published while measuring: below 5,000 where this machine was too slow to publish more. */
  readonly events_per_s: number
  readonly probes: number
  /** From the broker's acknowledgement of an event to its effect in a feature read from Redis. */
  readonly visible_p50_ms: number
  readonly visible_p99_ms: number
  readonly visible_max_ms: number
  /** As the above, of a second pass as long, while a serving process runs as well and is asked for feeds. */
  readonly feed_events_per_s: number
  readonly feed_probes: number
  /** From the broker's acknowledgement of a like to the end of the first answer of /v1/feed that it is the reason of. */
  readonly feed_visible_p50_ms: number
  readonly feed_visible_p99_ms: number
  readonly feed_visible_max_ms: number
  /** Of which one answer of /v1/feed takes so long: no probe can be sooner. */
  readonly feed_answer_p50_ms: number
}

export const FRESHNESS_DEFAULTS: FreshnessOptions = { keys: 100_000, seconds: 20 }

const PREFIX = 'bench.'
const PARTITIONS = 2
const EVENTS_PER_SECOND = 5_000
const SLICE_MS = 20
/** Slices of events under way at once. */
const SLICES_MAX = 100
/** Probes under way at once. */
const PROBERS = 4
const PROBE_PAUSE_MS = 20
const POLL_MS = 10
/** A feed takes a core some 25 ms: more would measure each other. */
const FEED_PROBERS = 1
const VISIBLE_MS_MAX = 60_000

export const about = 'How soon an event counts on Kafka and Redis, with a worker that runs everything.'

/**
 * How soon an event counts on Kafka and Redis: a worker runs everything, exactly once, and carries rows to
 * Redis, while 5,000 events a second are published. First until a row can be read from Redis, with no serving process
 * beside it; then until a feed is ranked by it, by the public API of one. Throws `ServiceUnavailable` where Kafka or Redis cannot be had.
 */
export const run = async (given: Partial<FreshnessOptions> = {}): Promise<FreshnessResult> => {
  const { keys, seconds } = { ...FRESHNESS_DEFAULTS, ...given }
  const kafka = await realServices.kafka()
  const redis = await realServices.redis()
  const directory = await mkdtemp(join(tmpdir(), 'freshet-bench-'))
  const environment = {
    FRESHET_KAFKA_BROKERS: kafka.brokers.join(','),
    FRESHET_KAFKA_PREFIX: PREFIX,
    FRESHET_REDIS_URLS: `redis://${redis.host}:${redis.port}`,
    FRESHET_TOPICS_PARTITIONS: String(PARTITIONS),
    FRESHET_WORKER_DATA: join(directory, 'worker'),
    FRESHET_WORKER_STANDBYS: '0',
    FRESHET_WORKER_PORT: '0',
    FRESHET_SERVING_DATA: join(directory, 'serving'),
    FRESHET_SERVING_PORT: '0',
  }
  const commands: FreshetCommand[] = []
  const start = (name: 'worker' | 'serve'): Promise<string> => {
    const command = new FreshetCommand(name, environment)
    commands.push(command)
    return command.started()
  }
  try {
    await start('worker')
    const log = await KafkaLog.open({
      brokers: kafka.brokers,
      prefix: PREFIX,
      changelogPartitions: PARTITIONS,
    })
    const store = await RedisFeatureStore.open({
      mode: 'single',
      nodes: [`${redis.host}:${redis.port}`],
      partitions: PARTITIONS,
      timeToLiveMs: new ServedStores(everything).timeToLiveMs,
    })
    const freshness = new Freshness(log, store, new ReactionLoad(keys))
    await freshness.fill(keys)
    const rows = await freshness.measure(seconds, PROBERS, () => freshness.probe())
    const feeds = new FeedProbe(await start('serve'))
    // Its first feeds are slow, and what it has not heard of yet it does not show.
    await freshness.probeFeed(feeds)
    feeds.tookMs.length = 0
    const shown = await freshness.measure(seconds, FEED_PROBERS, () => freshness.probeFeed(feeds))
    await log.close()
    await store.close()
    return {
      keys,
      seconds,
      partitions: PARTITIONS,
      events_per_s: rows.eventsPerS,
      probes: rows.latencies.length,
      visible_p50_ms: quantile(rows.latencies, 0.5),
      visible_p99_ms: quantile(rows.latencies, 0.99),
      visible_max_ms: quantile(rows.latencies, 1),
      feed_events_per_s: shown.eventsPerS,
      feed_probes: shown.latencies.length,
      feed_visible_p50_ms: quantile(shown.latencies, 0.5),
      feed_visible_p99_ms: quantile(shown.latencies, 0.99),
      feed_visible_max_ms: quantile(shown.latencies, 1),
      feed_answer_p50_ms: quantile(feeds.tookMs, 0.5),
    }
  } finally {
    for (const command of commands) await command.stop()
    await Promise.all([kafka.stop(), redis.stop()])
    await rm(directory, { recursive: true, force: true })
  }
}

interface Measured {
  readonly eventsPerS: number
  /** Milliseconds of each probe. */
  readonly latencies: readonly number[]
}

class Freshness {
  private readonly log: KafkaLog
  private readonly store: RedisFeatureStore
  private readonly load: ReactionLoad
  private published = 0
  private probes = 0

  constructor(log: KafkaLog, store: RedisFeatureStore, load: ReactionLoad) {
    this.log = log
    this.store = store
    this.load = load
  }

  /** Every pair gets a reaction; done when the rows of what came last are in Redis, in every partition. */
  async fill(keys: number): Promise<void> {
    const now = systemClock.now()
    await publishAll(this.log, this.load.posts(now))
    await publishAll(
      this.log,
      reactionEvents(keys, (index) => this.load.reaction(index, now)),
    )
    await Promise.all(Array.from({ length: PARTITIONS * PROBERS }, () => this.probe()))
  }

  /** Publishes for so long, while so many probe one after the other. */
  async measure(seconds: number, probers: number, probe: () => Promise<number>): Promise<Measured> {
    this.published = 0
    const started = performance.now()
    const until = started + seconds * 1000
    const latencies: number[] = []
    const probing = Array.from({ length: probers }, async () => {
      while (performance.now() < until) {
        latencies.push(await probe())
        await sleep(PROBE_PAUSE_MS)
      }
    })
    await this.publish(until)
    const took = (performance.now() - started) / 1000
    await Promise.all(probing)
    return { eventsPerS: Math.round(this.published / took), latencies }
  }

  /** Goes on whatever answers take: one who waited for them would publish less where latency is high. */
  private async publish(until: number): Promise<void> {
    const underWay = new Set<Promise<void>>()
    let due = performance.now()
    while (performance.now() < until) {
      const slice = this.publishSlice().finally(() => underWay.delete(slice))
      underWay.add(slice)
      if (underWay.size === SLICES_MAX) await Promise.race(underWay)
      due += SLICE_MS
      await sleep(Math.max(0, due - performance.now()))
    }
    await Promise.all(underWay)
  }

  private async publishSlice(): Promise<void> {
    const publisher = new Publisher(this.log)
    const now = systemClock.now()
    for (let event = 0; event < (EVENTS_PER_SECOND * SLICE_MS) / 1000; event++) {
      publisher.add(envelopeOf(this.load.anyReaction(now)))
    }
    this.published += publisher.size
    await publisher.flush()
  }

  /** Publishes a like by somebody new; answers how long after its acknowledgement Redis has a row of it. */
  async probe(): Promise<number> {
    const { userId, authorId } = await this.like()
    const key = keyOf(userId, authorId)
    return this.until(async () => (await this.store.readMany(userAuthor, [key])).ends[0] !== 0)
  }

  /** The same, until a feed of theirs is ranked from posts that are there because of it. */
  async probeFeed(feeds: FeedProbe): Promise<number> {
    const { userId } = await this.like()
    return this.until(() => feeds.counts(userId))
  }

  private async like(): Promise<{ readonly userId: string; readonly authorId: string }> {
    const userId = `probe-${this.probes++}`
    const reaction = this.load.anyReaction(systemClock.now())
    const publisher = new Publisher(this.log)
    // The type of ids is what `fromJson` gave to those of this reaction.
    publisher.add(envelopeOf({ ...reaction, kind: 'like', value: null, userId: userId as UserId }))
    await publisher.flush()
    return { userId, authorId: reaction.authorId }
  }

  /** Milliseconds from now, when an event was acknowledged, until it is seen. */
  private async until(isSeen: () => Promise<boolean>): Promise<number> {
    const acknowledged = performance.now()
    while (!(await isSeen())) {
      if (performance.now() - acknowledged > VISIBLE_MS_MAX) {
        throw new Error(`an event was not seen after ${VISIBLE_MS_MAX} ms`)
      }
      await sleep(POLL_MS)
    }
    return performance.now() - acknowledged
  }
}

const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return Math.round(value * 10) / 10
}
