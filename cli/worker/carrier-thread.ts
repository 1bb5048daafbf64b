import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { EngineError } from '../../engine/errors.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import { FeatureSink } from '../../features/sink/feature-sink.ts'
import type { TaskPlace } from '../../features/sink/task-mark.ts'
import { RedisFeatureStore } from '../../features/store/redis.ts'
import { isLastingRow } from '../remote/lasting-rows.ts'
import { systemClock } from '../runtime/clock.ts'
import type { CarrierData, CarryLag, FromCarrier, ToCarrier } from './carrier-messages.ts'

/** The thread of a `Carrier`: it has connections of its own to Kafka and Redis. */

const RETRY_MS = 100
const RETRY_MS_MAX = 1_000
/** Whoever asks how far it is waits so long for the brokers: they are asked for half a minute where they are away. */
const ENDS_MS_MAX = 1_000

/** What carries, once Kafka and Redis have answered. */
interface Carrying {
  readonly log: KafkaLog
  readonly store: RedisFeatureStore
  readonly sink: FeatureSink
}

const { kafka, redis, stores, timesToLiveMs } = workerData as CarrierData
const port = parentPort!
let places: readonly TaskPlace[] = []
let carrying: Carrying | undefined
let hearing: Promise<void> | undefined

const tell = (message: FromCarrier): void => port.postMessage(message)
const tellFailure = ({ code, detail }: EngineError): void => tell({ kind: 'failed', code, detail })

/** Tries again whatever may pass: tasks go on meanwhile, and their rows are carried later. */
const untilReached = async <Reached>(reach: () => Promise<Reached>): Promise<Reached> => {
  for (let waitMs = RETRY_MS; ; waitMs = Math.min(2 * waitMs, RETRY_MS_MAX)) {
    try {
      return await reach()
    } catch (error) {
      if (!(error instanceof EngineError) || error.recovery !== 'retry') throw error
      tellFailure(error)
      await sleep(waitMs)
    }
  }
}

const open = async (): Promise<void> => {
  const timeToLiveMs = (store: string): number | undefined => timesToLiveMs[store]
  const log = await untilReached(() => KafkaLog.open(kafka))
  const store = await untilReached(() =>
    RedisFeatureStore.open({ ...redis, timeToLiveMs, isLasting: isLastingRow }),
  )
  const sink = new FeatureSink({
    log,
    store,
    storesOf: (keySpace) => stores[keySpace] ?? [],
    monotonicMs: () => systemClock.monotonicMs(),
    failed: tellFailure,
  })
  carrying = { log, store, sink }
  await sink.assign(places)
  tell({ kind: 'opened' })
}

const assign = async (wanted: readonly TaskPlace[]): Promise<void> => {
  places = wanted
  await carrying?.sink.assign(wanted)
}

/** Brokers that do not answer, or not in time, leave what was heard before. */
const hearEnds = async (log: KafkaLog): Promise<void> => {
  hearing ??= log
    .hearEnds()
    .catch(() => undefined)
    .finally(() => (hearing = undefined))
  await Promise.race([hearing, sleep(ENDS_MS_MAX, undefined, { ref: false })])
}

const lag = async (): Promise<CarryLag> => {
  if (carrying === undefined) return { offsets: 0, unknown: places.length }
  await hearEnds(carrying.log)
  return carrying.sink.lag()
}

const close = async (): Promise<void> => {
  // Nothing has been begun that is to be ended, and who does not answer is not waited for.
  if (carrying === undefined) process.exit()
  await carrying.sink.close()
  await carrying.log.close()
  await carrying.store.close()
  port.close()
}

const hear = async (message: ToCarrier): Promise<void> => {
  if (message.kind === 'assign') await assign(message.places)
  else if (message.kind === 'lag') tell({ kind: 'lag', id: message.id, lag: await lag() })
  else await close()
}

port.on('message', (message: ToCarrier) => void hear(message))
try {
  await open()
} catch (error) {
  if (!(error instanceof EngineError)) throw error
  tellFailure(error)
}
