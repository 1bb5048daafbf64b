import { parentPort, workerData } from 'node:worker_threads'
import { EngineError } from '../../engine/errors.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import { FeatureSink } from '../../features/sink/feature-sink.ts'
import { RedisFeatureStore } from '../../features/store/redis.ts'
import { systemClock } from '../runtime/clock.ts'
import type { CarrierData, FromCarrier, ToCarrier } from './carrier-messages.ts'

/** The thread of a `Carrier`: it has connections of its own to Kafka and Redis. */

const { kafka, redis, stores, timesToLiveMs } = workerData as CarrierData
const port = parentPort!

const tell = (message: FromCarrier): void => port.postMessage(message)
const tellFailure = ({ code, detail }: EngineError): void => tell({ kind: 'failed', code, detail })

const open = async (): Promise<void> => {
  const log = await KafkaLog.open(kafka)
  const timeToLiveMs = (store: string): number | undefined => timesToLiveMs[store]
  const store = await RedisFeatureStore.open({ ...redis, timeToLiveMs }).catch(async (error: unknown) => {
    await log.close()
    throw error
  })
  const sink = new FeatureSink({
    log,
    store,
    storesOf: (keySpace) => stores[keySpace] ?? [],
    monotonicMs: () => systemClock.monotonicMs(),
    failed: tellFailure,
  })
  const hear = async (message: ToCarrier): Promise<void> => {
    if (message.kind === 'assign') return sink.assign(message.places)
    if (message.kind === 'lag') {
      // Brokers that do not answer leave what was heard before.
      await log.hearEnds().catch(() => undefined)
      return tell({ kind: 'lag', id: message.id, lag: sink.lag() })
    }
    await sink.close()
    await log.close()
    await store.close()
    port.close()
  }
  port.on('message', (message: ToCarrier) => void hear(message))
  tell({ kind: 'opened' })
}

try {
  await open()
} catch (error) {
  if (!(error instanceof EngineError)) throw error
  tellFailure(error)
}
