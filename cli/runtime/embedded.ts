import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import { EngineError } from '../../engine/errors.ts'
import { EmbeddedLog } from '../../engine/log/embedded.ts'
import type { AppendEntry } from '../../engine/log/port.ts'
import type { Metrics } from '../../engine/metrics.ts'
import { RocksState } from '../../engine/state/rocksdb.ts'
import { Database, DATABASE_DEFAULTS, type DatabaseOptions } from '../../engine/storage/database.ts'
import type { TaskServices } from '../../engine/task-options.ts'
import type { Topology } from '../../engine/topology.ts'
import { coded } from '../../engine/unexpected.ts'
import { topicSpecsOf, Worker, WORKER_DEFAULTS, type WorkerOptions } from '../../engine/worker.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import { EmbeddedFeatureStore } from '../../features/store/embedded.ts'
import type { FeaturePosition, FeatureReader } from '../../features/store/port.ts'
import { DAY_MS, type Millis, millis } from '../../schemas/ids.ts'
import { WRITTEN_TOPICS } from '../../schemas/index.ts'
import { StateRows, TaskRows } from '../../serving/state-rows.ts'
import { PendingRestrictions } from '../../serving/visibility/pending-restrictions.ts'
import { type Backend, UNPROCESSED } from './backend.ts'
import { Publisher } from './publisher.ts'

export interface EmbeddedOptions {
  readonly directory: string
  readonly topology: Topology
  readonly clock: Clock
  readonly metrics: Metrics
  /** Fixed when the directory is made. One thread runs them all, so more than one buys nothing here. */
  readonly partitions: number
  readonly worker: Partial<WorkerOptions>
  readonly database: Partial<DatabaseOptions>
  /** How long the log keeps what was processed. */
  readonly retentionMs: number
  /** Accepting stops while this many accepted records wait to be processed. */
  readonly acceptedBacklogMax: number
  /** Hears why a task starts over; see `TaskServices`. */
  readonly failed?: TaskServices['failed']
  /** False only where the directory is thrown away: see `EmbeddedLogOptions`. */
  readonly syncsAppends: boolean
}

export const EMBEDDED_DEFAULTS = {
  partitions: 1,
  worker: {},
  database: {},
  retentionMs: 7 * DAY_MS,
  acceptedBacklogMax: 200_000,
  syncsAppends: true,
} as const satisfies Partial<EmbeddedOptions>

/**
 * Events taken at once while feeds are ranked. A feed is handed on between threads half a dozen times, and may each time
 * wait for a batch to end; so few cost a sixteenth more an event (bench/RESULTS.md).
 */
const RANKING_BATCH_EVENTS_MAX = 32
const RETENTION_INTERVAL_MS = 60_000
/** All topics have as many partitions as this one. */
const PARTITIONED = 'reactions'
/** Whose events tell how old features are. Of the user's stores every served page would be one. */
export const FRESHNESS_STORE = 'post'

/** Log, state and worker of one process over one data directory. */
export class Embedded implements Backend {
  readonly log: EmbeddedLog
  readonly worker: Worker
  readonly rows: StateRows
  readonly rowsNow: StateRows
  readonly features: FeatureReader
  /** What was accepted and forbids to show something, until rows know of it. */
  readonly restrictions: PendingRestrictions
  private readonly database: Database
  private readonly state: RocksState
  private readonly options: EmbeddedOptions
  private stopping = false
  private paused = false
  private running: Promise<void> | undefined
  private failure: unknown
  private wake: (() => void) | undefined
  private isRanking = (): boolean => false
  private readonly retention: NodeJS.Timeout

  private constructor(options: EmbeddedOptions, database: Database, log: EmbeddedLog, state: RocksState) {
    this.options = options
    this.database = database
    this.log = log
    this.state = state
    const { topology, clock, metrics } = options
    this.worker = new Worker(
      topology,
      {
        log,
        state,
        clock,
        metrics,
        batchEvents: () => (this.isRanking() ? RANKING_BATCH_EVENTS_MAX : Infinity),
        ...(options.failed && { failed: options.failed }),
      },
      { ...WORKER_DEFAULTS, ...options.worker },
    )
    const topics = new Set(topicsFor(options).map(({ name }) => name))
    this.restrictions = new PendingRestrictions({
      // A topology of less than everything has no echoes to wait for.
      partitions: (topic) => (topics.has(topic) ? log.partitions(topic) : 0),
      endOffset: (topic, partition) => log.endOffset(topic, partition),
      committedOffset: (topic, partition) => this.worker.committedOffset(topic, partition),
      // A state that is lost ends this process.
      losses: () => 0,
    })
    this.rows = new StateRows(new TaskRows(this.worker, log.partitions(PARTITIONED)))
    this.rowsNow = this.rows
    this.features = new EmbeddedFeatureStore(this.worker)
    log.onAppend(() => this.wake?.())
    this.retention = setInterval(() => void this.sweep(), RETENTION_INTERVAL_MS).unref()
  }

  /** Opens the directory (made if missing), restores every task and starts processing. */
  static async open(options: EmbeddedOptions): Promise<Embedded> {
    const database = await Database.open(options.directory, { ...DATABASE_DEFAULTS, ...options.database })
    try {
      const { clock, syncsAppends } = options
      const log = await EmbeddedLog.open(database, { clock: () => clock.now(), syncsAppends })
      await log.createTopics(topicsFor(options))
      const embedded = new Embedded(options, database, log, await RocksState.open(database))
      await embedded.worker.open(embedded.worker.allTaskIds())
      embedded.start()
      return embedded
    } catch (error) {
      await database.close()
      throw error
    }
  }

  /** A batch of events to accept together. */
  publisher(): Publisher {
    return new Publisher(
      {
        partitions: (topic) => this.log.partitions(topic),
        append: (entries) => this.append(entries),
      },
      (restrictions) => this.restrictions.accept(restrictions),
    )
  }

  /** Accepts events: resolves when they are durable. Throws `BACKLOG_FULL` when processing is too far behind. */
  async publish(events: Iterable<Envelope>): Promise<void> {
    this.assertAccepting()
    const publisher = this.publisher()
    for (const event of events) publisher.add(event)
    await publisher.flush()
  }

  assertAccepting(): void {
    this.assertRunning()
    const lag = this.worker.lagRecords()
    if (lag > this.options.acceptedBacklogMax) {
      throw new EngineError('BACKLOG_FULL', `${lag} accepted records wait to be processed`)
    }
    this.restrictions.assertRoom()
  }

  /** Its rows are restored before it is open; what was accepted and not processed before the start may be much. */
  get unready(): string | null {
    return this.restrictions.hasCaughtUp ? null : UNPROCESSED
  }

  lagRecords(): number {
    return this.worker.lagRecords()
  }

  get isSettled(): boolean {
    return this.worker.settled
  }

  /** Of all tasks, each counted once for every store it has: enough to see whether there was one. */
  commits(): number {
    let commits = 0
    for (const store of this.worker.storeNames()) {
      for (const { sequence } of this.positionsOf(store)) commits += sequence
    }
    return commits
  }

  newestEventAt(): Millis | null {
    const newest = Math.max(-1, ...this.positionsOf(FRESHNESS_STORE).map((position) => position.newest))
    return newest < 0 ? null : millis(newest)
  }

  /** Rows are read where they lie: there is nothing to go without. */
  degraded(): readonly [] {
    return []
  }

  yieldTo(isRanking: () => boolean): void {
    this.isRanking = isRanking
  }

  /** Resolves when everything accepted so far is processed and committed; throws when processing has stopped. */
  async settled(): Promise<void> {
    while (!this.worker.settled) {
      this.assertRunning()
      await nextTurn()
    }
  }

  /** Throws what processing stopped on, or what the log can no longer be written for: one that needs a restart. */
  assertRunning(): void {
    if (this.failure !== undefined) throw this.failure
  }

  /** Processes and commits what is under way, writes state to disk, and closes. */
  async close(): Promise<void> {
    this.stopping = true
    this.wake?.()
    clearInterval(this.retention)
    await this.running
    await this.log.close()
    await this.state.close()
    await this.database.close()
  }

  /** Goes on accepting but processes nothing, until `resume`. */
  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.wake?.()
  }

  /** Lets go without writing state to disk, as a crash would: the next start reads the changelog. */
  async abandon(): Promise<void> {
    await this.worker.abandon()
    await this.close()
  }

  private positionsOf(store: string): readonly FeaturePosition[] {
    return Array.from(
      { length: this.log.partitions(PARTITIONED) },
      (_, partition) => this.worker.positionOf(store, partition) ?? { sequence: 0, newest: -1 },
    )
  }

  /** Without a log that takes records nothing would be accepted or committed again, though nothing may be waiting. */
  private async append(entries: readonly AppendEntry[]): Promise<void> {
    try {
      await this.log.append(entries)
    } catch (error) {
      const isLasting = error instanceof EngineError && ['stop', 'rebuild'].includes(error.recovery)
      if (isLasting) this.failure ??= error
      throw error
    }
  }

  private start(): void {
    this.running = this.worker
      .run({
        stopping: () => this.stopping,
        paused: () => this.paused,
        idle: (ms) => {
          this.restrictions.settle()
          return this.sleep(ms)
        },
        breathe: () => {
          this.restrictions.settle()
          return nextTurn()
        },
      })
      .catch((error: unknown) => {
        this.failure = error
      })
  }

  /** Sleeps until there is something to read, or for `ms`. */
  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.wake = undefined
        setImmediate(resolve)
      }
      const timer = setTimeout(done, ms)
      this.wake = done
    })
  }

  private async sweep(): Promise<void> {
    try {
      const { clock } = this.options
      await this.log.enforceRetention(clock.now(), (task, topic) => this.worker.reads(task, topic))
    } catch (error) {
      this.options.metrics.count('task_failures', { code: coded(error).code }, 1)
    }
  }
}

/** Public topics are made even where no node reads them yet: what is accepted must have a place. */
const topicsFor = ({
  topology,
  partitions,
  retentionMs,
}: EmbeddedOptions): ReturnType<typeof topicSpecsOf> => {
  const specs = topicSpecsOf(topology, partitions, retentionMs)
  const known = new Set(specs.map(({ name }) => name))
  const unread = WRITTEN_TOPICS.filter((name) => !known.has(name))
  return [...specs, ...unread.map((name) => ({ name, partitions, retentionMs }))]
}
