import { Gauge, type Registry } from 'prom-client'
import type { Clock } from '../../engine/clock.ts'
import type { EngineError } from '../../engine/errors.ts'
import type { Metrics } from '../../engine/metrics.ts'
import { FeatureSink } from '../../features/sink/feature-sink.ts'
import type { TaskPlace } from '../../features/sink/task-mark.ts'
import { RedisFeatureStore } from '../../features/store/redis.ts'
import { everything } from '../../topologies/index.ts'
import { kafkaOptionsOf, memberOf, redisOptionsOf } from '../config/services.ts'
import type { Settings } from '../config/schema.ts'
import type { Schemas } from '../remote/registry.ts'
import { ServedStores } from '../remote/stores.ts'
import { retentionMsOf } from '../topics/wanted.ts'
import { WORKER_SETTINGS_DEFAULTS, type WorkerSettings } from './settings.ts'
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
  /** Offsets of changelogs that Redis lacks, of the tasks that this worker runs, and tasks of which it is not known. */
  readonly carryLag: () => { readonly offsets: number; readonly unknown: number }
  close(): Promise<void>
}

const TASK_ID = /^(.+)-(\d+)$/
const PARTITIONED = 'reactions'

/** Throws an `EngineError` or a `CliError` when it cannot start. */
export const startCarryingWorker = async (parts: CarryingParts): Promise<CarryingWorker> => {
  let tasks: readonly string[] = []
  let sink: FeatureSink | undefined
  const follow = (): void => void sink?.assign(tasks.map(placeOf))
  const told = (taskIds: readonly string[]): void => {
    tasks = taskIds
    parts.tasksChanged?.(taskIds)
    follow()
  }
  const running = await startWorker(await workerSettingsOf(parts, told))
  try {
    const store = await openStore(parts.settings, running.log.partitions(PARTITIONED))
    if (store !== null) sink = sinkOf(parts, running, store)
    follow()
    return {
      running,
      carryLag: () => sink?.lag() ?? { offsets: 0, unknown: 0 },
      close: async () => {
        await sink?.close()
        await running.close()
        await store?.close()
      },
    }
  } catch (error) {
    await running.close()
    throw error
  }
}

/** Tells Prometheus, whenever it asks, how far Redis is behind what this worker commits. */
export const tellCarrying = (registry: Registry, carrying: CarryingWorker): void => {
  const gauge = (name: string, help: string, valueOf: () => number): void => {
    const made: Gauge = new Gauge({
      name: `freshet_${name}`,
      help,
      registers: [registry],
      collect: (): void => made.set(valueOf()),
    })
  }
  gauge('carry_lag_offsets', 'Offsets of changelogs that Redis lacks.', () => carrying.carryLag().offsets)
  gauge(
    'carry_waiting_tasks',
    'Tasks whose rows are not carried now: Redis does not answer, or it begins.',
    () => carrying.carryLag().unknown,
  )
}

const workerSettingsOf = async (
  { settings, schemas, clock, metrics, failed }: CarryingParts,
  tasksChanged: (taskIds: readonly string[]) => void,
): Promise<WorkerSettings> => {
  const { brokers, prefix = '', tls, sasl, replicas } = await kafkaOptionsOf(settings)
  const { group, data, standbys } = settings.worker
  return {
    ...WORKER_SETTINGS_DEFAULTS,
    brokers,
    prefix,
    group,
    member: memberOf(settings),
    dataDirectory: data,
    partitions: settings.topics.partitions,
    standbys,
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

const openStore = async (settings: Settings, partitions: number): Promise<RedisFeatureStore | null> => {
  if (settings.redis.urls.length === 0) return null
  const options = redisOptionsOf(settings, served.timeToLiveMs)
  return RedisFeatureStore.open({ ...options, partitions })
}

const served = new ServedStores(everything)

const sinkOf = (
  { clock, failed }: CarryingParts,
  { log }: RunningWorker,
  store: RedisFeatureStore,
): FeatureSink =>
  new FeatureSink({ log, store, storesOf: served.namesOf, monotonicMs: () => clock.monotonicMs(), failed })

const placeOf = (taskId: string): TaskPlace => {
  const [, keySpace = taskId, partition = '0'] = TASK_ID.exec(taskId) ?? []
  return { keySpace, partition: Number(partition) }
}
