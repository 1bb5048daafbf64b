import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Carrier } from '../../../cli/worker/carrier.ts'
import type { CarrierData } from '../../../cli/worker/carrier-messages.ts'
import type { EngineError } from '../../../engine/errors.ts'
import { KafkaLog } from '../../../engine/log/kafka.ts'
import { readMark } from '../../../features/sink/task-mark.ts'
import { RedisFeatureStore } from '../../../features/store/redis.ts'
import { realServices } from '../../../services/index.ts'
import type { KafkaService, RedisService } from '../../../services/port.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'

const noServices = (await missing('kafka')) ?? (await missing('redis'))
const TEST_MS_MAX = 120_000
/** Shorter than brokers are asked for, and longer than a busy machine takes to tell what it knows. */
const ANSWER_MS_MAX = 20_000
const POLL = { timeout: 60_000, interval: 50 }
const PLACE = { keySpace: 'user', partition: 0 }

describe.skipIf(noServices !== undefined)(`a carrier of rows ${noServices ?? ''}`, () => {
  let kafka: KafkaService
  let redis: RedisService
  let data: CarrierData

  beforeAll(async () => {
    ;[kafka, redis] = await Promise.all([realServices.kafka(), realServices.redis()])
    data = {
      kafka: { brokers: kafka.brokers, changelogPartitions: 1 },
      redis: { nodes: [`${redis.host}:${redis.port}`], mode: 'single', partitions: 1 },
      stores: { user: ['likes'] },
      timesToLiveMs: {},
    }
    const log = await KafkaLog.open(data.kafka)
    await log.createTopics([{ name: 'reactions', partitions: 1, retentionMs: Infinity }])
    const session = await log.session('user-0')
    await session.commit({ positions: [], outputs: [], changelog: Buffer.alloc(0) })
    await log.close()
  }, START_MS_MAX)
  afterAll(() => Promise.all([kafka.stop(), redis.stop()]))

  const sequenceOnRedis = async (): Promise<number> => {
    const store = await RedisFeatureStore.open({ ...data.redis, timeToLiveMs: () => undefined })
    const { sequence } = await readMark(store, PLACE)
    await store.close()
    return sequence
  }

  test(
    'starts while Redis is away, says so, and carries once it is back',
    async () => {
      await redis.process.kill()
      const failures: EngineError[] = []
      const carrier = await Carrier.open(data, (error) => failures.push(error))
      expect(failures.map(({ code }) => code)).toEqual(['FEATURES_UNAVAILABLE'])
      carrier.assign([PLACE])
      expect(await carrier.lag()).toEqual({ offsets: 0, unknown: 1 })
      await redis.process.restart()
      await expect.poll(() => carrier.lag(), POLL).toEqual({ offsets: 0, unknown: 0 })
      await expect.poll(sequenceOnRedis, POLL).toBe(1)
      await carrier.close()
    },
    TEST_MS_MAX,
  )

  test(
    'is closed at once while it waits for Redis',
    async () => {
      await redis.process.kill()
      const carrier = await Carrier.open(data, () => undefined)
      await carrier.close()
      await redis.process.restart()
    },
    TEST_MS_MAX,
  )

  test(
    'tells how far it was known to be while Kafka is away',
    async () => {
      const carrier = await Carrier.open(data, () => undefined)
      carrier.assign([PLACE])
      await expect.poll(() => carrier.lag(), POLL).toEqual({ offsets: 0, unknown: 0 })
      const [node] = kafka.nodes
      node!.freeze()
      const told = await Promise.race([carrier.lag(), sleep(ANSWER_MS_MAX, 'nothing')])
      node!.thaw()
      expect(told).toEqual({ offsets: 0, unknown: 0 })
      await carrier.close()
    },
    TEST_MS_MAX,
  )

  test('does not start where only a person can mend why', async () => {
    const refused = { ...data, kafka: { ...data.kafka, brokers: ['nobody'] } }
    await expect(Carrier.open(refused, () => undefined)).rejects.toMatchObject({ code: 'LOG_REFUSED' })
  })
})
