import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { redisOptionsOf, kafkaOptionsOf } from '../../../cli/config/services.ts'
import type { Settings } from '../../../cli/config/schema.ts'
import type { Schemas } from '../../../cli/remote/registry.ts'
import { ServedStores } from '../../../cli/remote/stores.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import type { EngineError } from '../../../engine/errors.ts'
import { KafkaLog } from '../../../engine/log/kafka.ts'
import { NO_METRICS } from '../../../engine/metrics.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import { plansOf } from '../../../engine/topology.ts'
import { Worker, WORKER_DEFAULTS } from '../../../engine/worker.ts'
import { FeatureSink } from '../../../features/sink/feature-sink.ts'
import { RedisFeatureStore } from '../../../features/store/redis.ts'
import { everything } from '../../../topologies/index.ts'

/** One worker that runs every task, and carries their rows to Redis. */
export class OneWorker {
  readonly errors: EngineError[] = []
  readonly log: KafkaLog
  private readonly worker: Worker
  private readonly store: RedisFeatureStore
  private readonly sink: FeatureSink
  private running: Promise<void> = Promise.resolve()
  private stopping = false

  private constructor(log: KafkaLog, worker: Worker, store: RedisFeatureStore, served: ServedStores) {
    this.log = log
    this.worker = worker
    this.store = store
    this.sink = new FeatureSink({
      log,
      store,
      isFollowed: served.has,
      monotonicMs: () => systemClock.monotonicMs(),
      failed: (error) => this.errors.push(error),
    })
  }

  static async start(settings: Settings, schemas: Schemas): Promise<OneWorker> {
    const log = await KafkaLog.open(await kafkaOptionsOf(settings))
    const partitions = log.partitions('reactions')
    const served = new ServedStores(everything)
    const store = await RedisFeatureStore.open({
      ...redisOptionsOf(settings, served.timeToLiveMs),
      partitions,
    })
    const services = {
      log,
      state: new MemoryState(),
      clock: systemClock,
      metrics: NO_METRICS,
      ...(schemas.inputs !== undefined && { schemas: schemas.inputs }),
    }
    const worker = new Worker(everything, services, { ...WORKER_DEFAULTS, changelog: 'keep' })
    await worker.open(worker.allTaskIds())
    const one = new OneWorker(log, worker, store, served)
    await one.sink.assign(
      plansOf(everything).flatMap(({ keySpace }) =>
        Array.from({ length: partitions }, (_, partition) => ({ keySpace, partition })),
      ),
    )
    one.running = one.run()
    return one
  }

  /** Everything published before is processed, committed and carried. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 20;) {
      const { offsets, unknown } = this.sink.lag()
      quiet = this.worker.settled && offsets + unknown === 0 ? quiet + 1 : 0
      await sleep(10)
    }
  }

  async stop(): Promise<void> {
    this.stopping = true
    await this.running
    await this.sink.close()
    await this.worker.abandon()
    await this.log.close()
    await this.store.close()
  }

  private run(): Promise<void> {
    return this.worker.run({
      stopping: () => this.stopping,
      paused: () => false,
      idle: (ms) => sleep(ms),
      breathe: () => nextTurn(),
    })
  }
}
