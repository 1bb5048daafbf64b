import type { Millis } from '../../schemas/ids.ts'
import { EngineError } from '../errors.ts'
import { checkEntry } from './entries.ts'
import { Appender } from './kafka/appender.ts'
import { Changelog } from './kafka/changelog.ts'
import { Cluster, COMMON_LANE } from './kafka/cluster.ts'
import { BrokerError } from './kafka/failures.ts'
import { Followers } from './kafka/followers.ts'
import { loadLibrary } from './kafka/library.ts'
import { KafkaNames, type Place } from './kafka/names.ts'
import { Offsets } from './kafka/offsets.ts'
import { KAFKA_DEFAULTS, type KafkaLogOptions } from './kafka/options.ts'
import { KafkaSession, type SessionHost } from './kafka/session.ts'
import { KafkaTopics } from './kafka/topics.ts'
import { Transactions } from './kafka/transaction.ts'
import type { AppendEntry, ChangelogFollower, LogSession, SharedLog, StoredFrame, TopicSpec } from './port.ts'

/** Lanes that commits are spread over, so that tasks do not wait for each other's on one connection. */
const COMMIT_LANES = 4
const DELETE_MS_MAX = 30_000
const SETTLE_INTERVAL_MS = 1_000
/** A broker answers with one batch at least, whatever its size. */
const FIRST_BYTES = 1

/**
 * The log on Apache Kafka, 3.9 and 4. A record is a record, so publishers and readers need nothing of ours; a
 * frame is a run of them. A commit is one transaction over outputs and one record (or few) of the changelog,
 * which holds the block and the positions. Retention is the brokers': it counts from appending and asks nobody.
 */
export class KafkaLog implements SharedLog {
  private readonly cluster: Cluster
  private readonly names: KafkaNames
  private readonly topics: KafkaTopics
  private readonly offsets: Offsets
  private readonly appender: Appender
  private readonly followers: Followers
  private readonly transactionMsMax: number
  private readonly listeners = new Set<() => void>()
  private readonly host: SessionHost
  private readonly sessions = new Set<KafkaSession>()
  private readonly settling: NodeJS.Timeout
  private lanes = 0
  private closed = false

  private constructor(cluster: Cluster, options: KafkaLogOptions) {
    this.cluster = cluster
    this.names = new KafkaNames(options.prefix ?? KAFKA_DEFAULTS.prefix)
    this.transactionMsMax = options.transactionMsMax ?? KAFKA_DEFAULTS.transactionMsMax
    this.topics = new KafkaTopics(cluster, this.names, options)
    this.offsets = new Offsets(cluster)
    this.appender = new Appender(cluster, (place, end) => this.wrote(place, end))
    this.followers = new Followers(cluster, this.offsets, () => this.tell())
    this.host = {
      assertOpen: () => this.assertOpen(),
      onBrokers: (entries) => this.onBrokers(entries),
      checkPosition: ({ topic, partition }) => void this.topics.place(topic, partition),
      wrote: (place, end) => this.wrote(place, end),
      deleteBefore: (place, offset) => this.deleteBefore(place, offset),
    }
    this.settling = setInterval(() => this.settle(), SETTLE_INTERVAL_MS).unref()
  }

  /** Connects; throws `CLIENT_MISSING`, `LOG_REFUSED` or, when no broker answers, `LOG_UNAVAILABLE`. */
  static async open(options: KafkaLogOptions): Promise<KafkaLog> {
    const cluster = new Cluster(await loadLibrary(), options)
    try {
      const log = new KafkaLog(cluster, options)
      await cluster.persist(() => cluster.refresh())
      // A topic of somebody else's may be without leaders for long.
      const led = log.topics
        .places()
        .filter(({ topic, partition }) => cluster.leader(topic, partition) !== undefined)
      await log.offsets.refresh(led)
      return log
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    this.assertOpen()
    await this.offsets.refresh(await this.topics.create(specs))
  }

  partitions(topic: string): number {
    return this.topics.partitions(topic)
  }

  async append(entries: readonly AppendEntry[]): Promise<void> {
    this.assertOpen()
    await this.appender.append(this.onBrokers(entries))
  }

  async read(
    topic: string,
    partition: number,
    offset: number,
    bytesMax: number,
  ): Promise<readonly StoredFrame[]> {
    this.assertOpen()
    return this.followers.read(this.topics.place(topic, partition), offset, bytesMax)
  }

  /** Whoever asks for an end wants to hear of the next: the partition is followed from then on. */
  endOffset(topic: string, partition: number): number {
    const place = this.topics.place(topic, partition)
    if (!this.closed) this.followers.follow(place)
    return this.offsets.of(place).end
  }

  /** The end as of a second ago at most, for who reads nothing there: nothing is fetched of the partition. */
  recentEnd(topic: string, partition: number): number {
    return this.followers.glance(this.topics.place(topic, partition))
  }

  /**
   * Where the first record from `offset` on is, or where the partition ended where there is none: what a transaction's
   * end takes up is none. Nothing is read ahead. Throws an `EngineError`.
   */
  async firstFrom(topic: string, partition: number, offset: number): Promise<number> {
    this.assertOpen()
    const place = this.topics.place(topic, partition)
    const { frames, nextOffset } = await this.followers.fetchOnce(place, offset, FIRST_BYTES)
    const first = frames.find(({ baseOffset, frame }) => baseOffset + frame.count > offset)
    return first === undefined ? Math.max(offset, nextOffset) : Math.max(offset, first.baseOffset)
  }

  startOffset(topic: string, partition: number): number {
    return this.offsets.of(this.topics.place(topic, partition)).start
  }

  async session(taskId: string): Promise<LogSession> {
    this.assertOpen()
    const place = await this.topics.changelog(taskId)
    const lane = `commit-${this.lanes++ % COMMIT_LANES}`
    const id = this.names.transactionalId(taskId)
    const transactions = new Transactions(this.cluster, lane, id, place, this.transactionMsMax)
    const changelog = new Changelog(place, this.followers, this.offsets)
    const session = await KafkaSession.open(taskId, this.host, transactions, changelog)
    this.sessions.add(session)
    // What the owner before has sent, this one must know to wait for: it lies where the task reads.
    await this.offsets.refresh(this.topics.places().filter(({ partition }) => partition === place.partition))
    return session
  }

  async follow(taskId: string, afterSequence: number): Promise<ChangelogFollower> {
    this.assertOpen()
    const place = await this.topics.changelog(taskId)
    return new Changelog(place, this.followers, this.offsets).follow(afterSequence)
  }

  /** Asks the brokers how far everything that is followed goes now, for who must not rely on what was heard last. */
  async hearEnds(): Promise<void> {
    this.assertOpen()
    await this.followers.hearEnds()
  }

  /**
   * Asks the brokers how far a topic was written, by partition. What a transaction holds counts before its end is
   * heard of here: the end of one is told to each partition by itself, a moment after it is decided. Throws an
   * `EngineError`.
   */
  async appendedEnds(topic: string): Promise<readonly number[]> {
    this.assertOpen()
    const partitions = Array.from({ length: this.topics.partitions(topic) }, (_, partition) => partition)
    return this.offsets.appended(partitions.map((partition) => this.topics.place(topic, partition)))
  }

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** The brokers drop what is old by themselves; this asks what they have dropped. */
  async enforceRetention(_now: Millis): Promise<void> {
    this.assertOpen()
    await this.offsets.refresh(this.topics.places())
  }

  /** Waits for what was appended before. Idempotent. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    await this.appender.settled()
    clearInterval(this.settling)
    this.listeners.clear()
    this.followers.close()
    await this.cluster.close()
  }

  private onBrokers(entries: readonly AppendEntry[]): AppendEntry[] {
    return entries.map((entry) => {
      checkEntry(entry)
      return { ...this.topics.place(entry.topic, entry.partition), frame: entry.frame }
    })
  }

  private wrote(place: Place, end: number): void {
    if (this.offsets.heard(place, { end })) this.tell()
  }

  private tell(): void {
    for (const listener of this.listeners) listener()
  }

  private async deleteBefore({ topic, partition }: Place, offset: number): Promise<void> {
    const { deleteRecordsV2 } = this.cluster.library
    const topics = [{ name: topic, partitions: [{ partitionIndex: partition, offset: BigInt(offset) }] }]
    await this.cluster.persist(async () => {
      const leader = this.cluster.leader(topic, partition)
      if (leader === undefined) throw new BrokerError('LEADER_NOT_AVAILABLE', topic)
      await this.cluster.ask(leader, COMMON_LANE, deleteRecordsV2.api, topics, DELETE_MS_MAX)
    })
    this.offsets.heard({ topic, partition }, { start: offset })
  }

  /** Commits of tasks that have nothing to do for now. */
  private settle(): void {
    for (const session of this.sessions) {
      if (session.isOver) this.sessions.delete(session)
      else void session.settle()
    }
  }

  private assertOpen(): void {
    if (this.closed) throw new EngineError('CLOSED', 'the log was closed')
  }
}
