import { createRequire } from 'node:module'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../cli/runtime/clock.ts'
import { keyOf } from '../../engine/key.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import { on, type Processor } from '../../engine/processor.ts'
import { MemoryState } from '../../engine/state/memory.ts'
import { node, topology } from '../../engine/topology.ts'
import { topicSpecsOf, Worker, WORKER_DEFAULTS } from '../../engine/worker.ts'
import { registeredSchemas } from '../../processors/registered-schemas.ts'
import { reactions } from '../../processors/topics.ts'
import { publicContracts } from '../../schemas/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { RemoteSchemas } from '../../schemas/registry/remote.ts'
import { confluentClient, realServices } from '../../services/index.ts'
import type { KafkaService, RegistryService } from '../../services/port.ts'
import { Count, countLayout, countOf } from '../engine/counting.ts'
import { NotedMetrics } from '../engine/rig.ts'
import { aReaction } from '../processors/events.ts'
import { missing, START_MS_MAX } from '../services/here.ts'

const reason = (await missing('kafka')) ?? (await missing('registry')) ?? (await missing('confluent-client'))
const TEST_MS_MAX = 120_000

/** What is used here of Confluent's client, which is installed beside the tests and not with the project. */
interface ConfluentClient {
  readonly SchemaRegistryClient: new (options: { baseURLs: string[] }) => SubjectClient
  readonly AvroSerializer: new (
    client: SubjectClient,
    type: 'VALUE',
    options: { autoRegisterSchemas: boolean; useLatestVersion: boolean },
  ) => { serialize(topic: string, value: unknown): Promise<Buffer> }
}

interface SubjectClient {
  register(subject: string, schema: { schemaType: 'AVRO'; schema: string }): Promise<number>
}

/** The contract's schema as an app has evolved it on its own. */
const evolved = (): string => {
  const schema = publicContracts.reactions.schema as { readonly fields: readonly object[] }
  const own = { name: 'client', type: ['null', 'string'], default: null }
  return JSON.stringify({ ...schema, fields: [own, ...schema.fields] })
}

const byKind: Processor<Count> = {
  name: 'by-kind',
  about: 'reactions by user and kind',
  state: countLayout,
  outputs: [],
  handlers: [
    on<Reaction, Count>({
      input: reactions,
      key: ({ userId, kind }, key) => userId !== null && key.id(userId) && key.id(kind),
      process: (_reaction, state) => {
        state.count++
        return true
      },
    }),
  ],
}

describe.skipIf(reason !== undefined)(
  `apps that publish with kafkajs and Confluent's serializer ${reason ?? ''}`,
  () => {
    let kafka: KafkaService
    let registry: RegistryService
    let log: KafkaLog
    let producer: Producer
    let client: SubjectClient
    let confluent: ConfluentClient
    let worker: Worker
    const metrics = new NotedMetrics()

    beforeAll(async () => {
      ;[kafka, registry] = await Promise.all([realServices.kafka(), realServices.registry()])
      confluent = createRequire(import.meta.url)(await confluentClient()) as ConfluentClient
      client = new confluent.SchemaRegistryClient({ baseURLs: [registry.url] })
      producer = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).producer()
      await producer.connect()

      const source = await RemoteSchemas.open({ url: registry.url }, Object.values(publicContracts))
      log = await KafkaLog.open({ brokers: kafka.brokers, changelogPartitions: 1 })
      const counting = topology('kinds', 'Counts kinds of reactions.', [node(byKind)])
      await log.createTopics(topicSpecsOf(counting, 1, Infinity))
      const services = { log, state: new MemoryState(), clock: systemClock, metrics }
      worker = new Worker(counting, { ...services, schemas: registeredSchemas(source) }, WORKER_DEFAULTS)
      await worker.open(worker.allTaskIds())
    }, START_MS_MAX)

    afterAll(async () => {
      await worker.abandon()
      await log.close()
      await producer.disconnect()
      await Promise.all([kafka.stop(), registry.stop()])
    })

    const publish = async (value: object): Promise<void> => {
      const options = { autoRegisterSchemas: false, useLatestVersion: true }
      const serializer = new confluent.AvroSerializer(client, 'VALUE', options)
      const bytes = await serializer.serialize('reactions', value)
      await producer.send({ topic: 'reactions', messages: [{ key: 'ann', value: bytes }] })
    }

    const reaction = (eventId: string, kind: 'like' | 'share'): object =>
      aReaction({ eventId, userId: 'ann', kind })

    const counted = async (kind: string): Promise<number | undefined> => {
      await worker.round()
      const key = keyOf('ann', kind)
      const store = await worker.storeOf('by-kind', key)
      return countOf((await store!.readMany([key]))[0])
    }

    test(
      'are read',
      async () => {
        await publish(reaction('first', 'like'))
        await publish(reaction('second', 'like'))
        await expect.poll(() => counted('like'), { timeout: 30_000 }).toBe(2)
      },
      TEST_MS_MAX,
    )

    test(
      'are read, too, when they add a field with a default of their own, which nobody was told of',
      async () => {
        await client.register('reactions-value', { schemaType: 'AVRO', schema: evolved() })
        await publish({ client: 'web-9', ...reaction('third', 'share') })
        await expect.poll(() => counted('share'), { timeout: 30_000 }).toBe(1)
        expect([...metrics.counts.keys()].filter((name) => name.startsWith('dead_letters'))).toEqual([])
      },
      TEST_MS_MAX,
    )

    test(
      'become a dead letter when no registry gave them their id',
      async () => {
        const bytes = Buffer.from([0, 0, 0x0f, 0, 0, 1, 2, 3])
        await producer.send({ topic: 'reactions', messages: [{ key: 'ann', value: bytes }] })
        const deadLetters = async (): Promise<number | undefined> => {
          await worker.round()
          return metrics.counts.get('dead_letters reactions DECODE_FAILED')
        }
        await expect.poll(deadLetters, { timeout: 30_000 }).toBe(1)
      },
      TEST_MS_MAX,
    )
  },
)
