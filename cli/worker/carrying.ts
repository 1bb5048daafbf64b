import { Gauge, type Registry } from 'prom-client'
import type { Clock } from '../../engine/clock.ts'
import type { EngineError } from '../../engine/errors.ts'
import type { Metrics } from '../../engine/metrics.ts'
import type { TaskPlace } from '../../features/sink/task-mark.ts'
import { plansOf } from '../../engine/topology.ts'
import { everything } from '../../topologies/index.ts'
import { kafkaOptionsOf, memberOf, redisOptionsOf } from '../config/services.ts'
import type { Settings } from '../config/schema.ts'
import type { Schemas } from '../remote/registry.ts'
import { ServedStores } from '../remote/stores.ts'
import { retentionMsOf } from '../topics/wanted.ts'
import { Carrier } from './carrier.ts'
import type { CarrierData, CarryLag } from './carrier-messages.ts'
import type { WorkerSettings } from './settings.ts'
import { type RunningWorker, startWorker } from './start.ts'

export interface CarryingParts {
  readonly settings: Settings
  readonly schemas: Schemas
  readonly clock: Clock
  readonly metrics: Metrics
  /** Hears of errors that pass: of Redis, and of tasks. */
  readonly failed: (error: EngineError) => void
  /** Told which tasks this worker runs whenever that changes. */
  readonly tasksChanged?: (taskIds: readonly string[]) => void
}

/** A worker whose rows are carried to Redis for serving processes, where a Redis is named. */
export interface CarryingWorker {
  readonly running: RunningWorker
  /** Of the tasks that this worker runs. */
  readonly carryLag: () => Promise<CarryLag>
  close(): Promise<void>
}

const TASK_ID = /^(.+)-(\d+)$/
const PARTITIONED = 'reactions'

/** Throws an `EngineError` or a `CliError` when it cannot start. A Redis that does not answer is no reason: rows are carried once it does. */
export const startCarryingWorker = async (parts: CarryingParts): Promise<CarryingWorker> => {
  let tasks: readonly string[] = []
  let carrier: Carrier | undefined
  const follow = (): void => carrier?.assign(tasks.map(placeOf))
  const told = (taskIds: readonly string[]): void => {
    tasks = taskIds
    parts.tasksChanged?.(taskIds)
    follow()
  }
  const running = await startWorker(await workerSettingsOf(parts, told))
  try {
    const data = await carrierDataOf(parts.settings, running.log.partitions(PARTITIONED))
    if (data !== null) carrier = await Carrier.open(data, parts.failed)
    follow()
    return {
      running,
      carryLag: async () => (await carrier?.lag()) ?? { offsets: 0, unknown: 0 },
      close: async () => {
        await carrier?.close()
        await running.close()
      },
    }
  } catch (error) {
    await running.close()
    throw error
  }
}

/** Tells Prometheus, whenever it asks, how far Redis is behind what this worker commits. */
export const tellCarrying = (registry: Registry, carrying: CarryingWorker): void => {
  let asking: Promise<CarryLag> | undefined
  // Asked once for both: each time the brokers are asked how far the changelogs go.
  const lag = (): Promise<CarryLag> => (asking ??= carrying.carryLag().finally(() => (asking = undefined)))
  const gauge = (name: string, help: string, valueOf: (lag: CarryLag) => number): void => {
    const made: Gauge = new Gauge({
      name: `freshet_${name}`,
      help,
      registers: [registry],
      collect: async (): Promise<void> => made.set(valueOf(await lag())),
    })
  }
  gauge('carry_lag_offsets', 'Offsets of changelogs that Redis lacks.', ({ offsets }) => offsets)
  gauge(
    'carry_waiting_tasks',
    'Tasks whose rows are not carried now: Redis does not answer, or it begins.',
    ({ unknown }) => unknown,
  )
}

/** What settings make of a worker. Throws as `kafkaOptionsOf` does. */
export const workerSettingsOf = async (
  { settings, schemas, clock, metrics, failed }: CarryingParts,
  tasksChanged: (taskIds: readonly string[]) => void,
): Promise<WorkerSettings> => {
  const { brokers, prefix = '', tls, sasl, replicas } = await kafkaOptionsOf(settings)
  const { group, data, standbys, heartbeatMs, missedHeartbeatsMax } = settings.worker
  const { cacheBytesMax, changelogBytesMax, commitIntervalMs } = settings.worker
  return {
    brokers,
    prefix,
    group,
    member: memberOf(settings),
    dataDirectory: data,
    partitions: settings.topics.partitions,
    standbys,
    heartbeatMs,
    missedHeartbeatsMax,
    cacheBytesMax,
    changelogBytesMax,
    transactionMsMax: settings.kafka.transactionMsMax,
    // Quiet tasks commit no sooner than others: see `FLEET_DEFAULTS`.
    worker: { commitIntervalMs, idleCommitIntervalMs: commitIntervalMs },
    retentionMs: retentionMsOf(settings),
    ...(replicas !== undefined && { replicas }),
    security: { ...(tls !== undefined && { tls }), ...(sasl !== undefined && { sasl }) },
    ...(schemas.inputs !== undefined && { schemas: schemas.inputs }),
    clock,
    metrics,
    failed,
    tasksChanged,
  }
}

/** Null where no Redis is named. */
const carrierDataOf = async (settings: Settings, partitions: number): Promise<CarrierData | null> => {
  if (settings.redis.urls.length === 0) return null
  const { timeToLiveMs: _, ...redis } = await redisOptionsOf(settings, served.timeToLiveMs)
  const timesToLive = served.names().flatMap((store) => {
    const liveMs = served.timeToLiveMs(store)
    return liveMs === undefined ? [] : [[store, liveMs] as const]
  })
  return {
    kafka: await kafkaOptionsOf(settings),
    redis: { ...redis, partitions },
    stores: Object.fromEntries(
      plansOf(everything).map(({ keySpace }) => [keySpace, served.namesOf(keySpace)]),
    ),
    timesToLiveMs: Object.fromEntries(timesToLive),
  }
}

const served = new ServedStores(everything)

const placeOf = (taskId: string): TaskPlace => {
  const [, keySpace = taskId, partition = '0'] = TASK_ID.exec(taskId) ?? []
  return { keySpace, partition: Number(partition) }
}
