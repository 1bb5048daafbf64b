import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { Clock } from '../../engine/clock.ts'
import type { InputSchemas } from '../../engine/input-schemas.ts'
import type { SaslOptions } from '../../engine/log/kafka/options.ts'
import type { Metrics } from '../../engine/metrics.ts'
import type { TaskServices } from '../../engine/task-options.ts'
import type { WorkerOptions } from '../../engine/worker.ts'

/** All that a worker process is told: plain values, whether they come from options, a file or the environment. */
export interface WorkerSettings {
  /** `host:port` of brokers to begin with. */
  readonly brokers: readonly string[]
  /** Begins the name of every topic and transactional id: letters, digits, "." and "-". One an application. */
  readonly prefix: string
  /** Workers of one group share the tasks between them. */
  readonly group: string
  /** Names this worker, the same after every restart, and no other of the group: it keeps its tasks over one. */
  readonly member: string
  /** Where the state of its tasks lies, made if missing. One process at a time. */
  readonly dataDirectory: string
  /** Of topics that are made because they are missing; existing ones must have as many. */
  readonly partitions: number
  /** Copies of each task's state that other workers keep up to date. */
  readonly standbys: number
  /** How long the topics made here keep records. */
  readonly retentionMs: number
  /** Of topics made here; the cluster's default where it is left out. */
  readonly replicas?: number
  readonly security?: WorkerSecurity
  /** Left out where every record is written with the schemas of this code. */
  readonly schemas?: InputSchemas
  /** A member is heard of so often, and is taken for dead when another was heard this many times since. */
  readonly heartbeatMs: number
  readonly missedHeartbeatsMax: number
  /** Rows and keys kept in memory, of all tasks of the topology together: a worker has some of them. */
  readonly cacheBytesMax: number
  /** Changelog that a restart may have to read again, of all tasks likewise. */
  readonly changelogBytesMax: number
  /** See `KafkaLogOptions`. */
  readonly transactionMsMax: number
  readonly worker: Partial<WorkerOptions>
  readonly clock: Clock
  readonly metrics?: Metrics
  /** Hears why a task starts over; see `TaskServices`. */
  readonly failed?: TaskServices['failed']
  /** Hears which tasks this worker runs, whenever others come or go: for what follows them, such as a feature sink. */
  readonly tasksChanged?: (taskIds: readonly string[]) => void
}

export interface WorkerSecurity {
  readonly tls?: TlsOptions
  readonly sasl?: SaslOptions
}

/**
 * What the settings declare as defaults of these; of all others they do so themselves. Silent for 1.5 seconds is dead:
 * short enough to take over within three, long enough for a pause of the process.
 */
export const WORKER_SETTINGS_DEFAULTS = {
  heartbeatMs: 250,
  missedHeartbeatsMax: 6,
  cacheBytesMax: 2 ** 31,
  changelogBytesMax: 2 ** 29,
} as const satisfies Partial<WorkerSettings>
