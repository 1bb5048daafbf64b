import type { Millis } from '../../schemas/ids.ts'
import { EngineError } from '../errors.ts'
import type { Database } from '../storage/database.ts'
import type { WriteBatch } from '../storage/write-batch.ts'
import { Appender } from './embedded/appender.ts'
import { frameEnd, partitionEndKey, seekKey } from './embedded/keys.ts'
import { enforceRetention } from './embedded/retention.ts'
import { EmbeddedSession, type SessionHost } from './embedded/session.ts'
import { Staging } from './embedded/staging.ts'
import { TailCache } from './embedded/tail.ts'
import { TaskTable } from './embedded/tasks.ts'
import { TopicTable, type EmbeddedPartition } from './embedded/topics.ts'
import { checkEntry } from './entries.ts'
import { frameOf } from './frame.ts'
import type { AppendEntry, Log, LogSession, Reads, StoredFrame, TopicSpec } from './port.ts'
import { READS_ALL } from './positions.ts'

export interface EmbeddedLogOptions {
  /** Wall clock: when frames were appended, for retention. */
  readonly clock: () => Millis
  /** Frames kept in memory for readers of the tail. */
  readonly tailBytesMax?: number
  /** False: what is acknowledged may be lost in a power cut. For data that is thrown away anyway; true where absent. */
  readonly syncsAppends?: boolean
}

const TAIL_BYTES_MAX = 32 << 20

/**
 * The log of one machine: topics, changelogs and positions as rows of the same RocksDB that holds the state.
 * The database is its opener's to close, after the log.
 */
export class EmbeddedLog implements Log {
  private readonly database: Database
  private readonly clock: () => Millis
  private readonly syncsAppends: boolean
  private readonly topics: TopicTable
  private readonly tasks: TaskTable
  private readonly tail: TailCache
  private readonly appender: Appender
  private readonly listeners = new Set<() => void>()
  private readonly host: SessionHost
  private retention: Promise<void> | undefined
  private closed = false

  private constructor(database: Database, topics: TopicTable, tasks: TaskTable, options: EmbeddedLogOptions) {
    this.database = database
    this.clock = options.clock
    this.syncsAppends = options.syncsAppends ?? true
    this.topics = topics
    this.tasks = tasks
    this.tail = new TailCache(options.tailBytesMax ?? TAIL_BYTES_MAX)
    this.appender = new Appender(
      (groups) => this.writeGroups(groups),
      () => (this.syncsAppends ? this.database.sync() : Promise.resolve()),
    )
    this.host = {
      database,
      assertOpen: () => this.assertOpen(),
      check: (entries) => this.check(entries),
      checkPosition: ({ topic, partition }) => void this.topics.partition(topic, partition),
      stage: (batch) => this.stage(batch),
      publish: (staging) => this.publish(staging),
    }
  }

  static async open(database: Database, options: EmbeddedLogOptions): Promise<EmbeddedLog> {
    return new EmbeddedLog(database, await TopicTable.load(database), await TaskTable.load(database), options)
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    this.assertOpen()
    this.topics.create(specs)
    await this.database.sync()
  }

  partitions(topic: string): number {
    return this.topics.topic(topic).partitions.length
  }

  async append(entries: readonly AppendEntry[]): Promise<void> {
    this.assertOpen()
    this.check(entries)
    await this.appender.append(entries)
  }

  async read(
    topic: string,
    number: number,
    offset: number,
    bytesMax: number,
  ): Promise<readonly StoredFrame[]> {
    this.assertOpen()
    const partition = this.topics.partition(topic, number)
    const from = Math.max(offset, partition.start)
    if (from >= partition.end) return []
    return partition.tail.read(from, bytesMax) ?? this.readDisk(partition, from, bytesMax)
  }

  endOffset(topic: string, partition: number): number {
    return this.topics.partition(topic, partition).end
  }

  startOffset(topic: string, partition: number): number {
    return this.topics.partition(topic, partition).start
  }

  async session(taskId: string): Promise<LogSession> {
    this.assertOpen()
    return EmbeddedSession.open(this.host, this.tasks.task(taskId))
  }

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** One pass at a time: a call during a pass answers when that pass is done. */
  async enforceRetention(now: Millis, reads: Reads = READS_ALL): Promise<void> {
    this.assertOpen()
    this.retention ??= enforceRetention(this.database, this.topics, this.tasks, now, reads).finally(() => {
      this.retention = undefined
    })
    await this.retention
  }

  /** Writes what was appended before. Idempotent. */
  async close(): Promise<void> {
    if (this.closed) return
    this.appender.flush()
    this.closed = true
    this.listeners.clear()
    await this.appender.settled()
    await this.retention
  }

  private async readDisk(
    { topicNumber, number }: EmbeddedPartition,
    offset: number,
    bytesMax: number,
  ): Promise<StoredFrame[]> {
    const { rows } = await this.database.page('log', {
      gte: seekKey(topicNumber, number, offset),
      lt: partitionEndKey(topicNumber, number),
      bytesMax,
    })
    const frames: StoredFrame[] = []
    for (let at = 0; at < rows.length; at += 2) {
      const frame = frameOf(rows[at + 1]!)
      frames.push({ baseOffset: frameEnd(rows[at]!) - frame.count, frame })
    }
    return frames
  }

  private writeGroups(groups: readonly (readonly AppendEntry[])[]): void {
    const batch = this.database.batch()
    const staging = this.stage(batch)
    for (const entries of groups) staging.add(entries)
    if (staging.frames === 0) return
    this.database.write(batch)
    this.publish(staging)
  }

  private stage(batch: WriteBatch): Staging {
    return new Staging(this.topics, batch, this.clock())
  }

  private publish(staging: Staging): void {
    if (staging.frames === 0) return
    staging.publish(this.tail)
    for (const listener of this.listeners) listener()
  }

  private check(entries: readonly AppendEntry[]): void {
    for (const entry of entries) {
      this.topics.partition(entry.topic, entry.partition)
      checkEntry(entry)
    }
  }

  private assertOpen(): void {
    if (this.closed) throw new EngineError('CLOSED', 'the log was closed')
    this.database.assertOpen()
  }
}
