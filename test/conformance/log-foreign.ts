import { CompressionTypes, Kafka, logLevel, type Producer } from 'kafkajs'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FrameCursor } from '../../engine/log/frame.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import type { KafkaService } from '../../services/port.ts'
import { entry, readAll, valuesOf } from './frames.ts'
import { blocksOf, commitOf, refusal } from './log-subject.ts'

/** Reads of every size: aborts lie within one fetch, and across several. */
const READ_BYTES = [1, 300, 2_000, 1 << 20]

/** What a log on Kafka promises beside what other clients write, commit and abort. */
export const foreignConformance = (kafkaOf: () => KafkaService): void => {
  describe('beside another client', () => {
    let kafka: KafkaService
    let client: Kafka
    let log: KafkaLog
    let tests = 0
    let prefix: string
    let topic: string
    const producers: Producer[] = []

    beforeAll(() => {
      kafka = kafkaOf()
      const brokers = [...kafka.brokers]
      client = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 10 } })
    })

    beforeEach(async () => {
      prefix = `foreign-${tests++}.`
      topic = `${prefix}events`
      log = await KafkaLog.open({ brokers: kafka.brokers, prefix, changelogPartitions: 1 })
      await log.createTopics([{ name: 'events', partitions: 1, retentionMs: Infinity }])
    })
    afterEach(async () => {
      await log.close()
      await Promise.all(producers.splice(0).map((producer) => producer.disconnect()))
    })

    const producerOf = async (transactionalId?: string): Promise<Producer> => {
      const producer = client.producer(
        transactionalId === undefined ? {} : { transactionalId, idempotent: true, maxInFlightRequests: 1 },
      )
      producers.push(producer)
      await producer.connect()
      return producer
    }

    /** What is read from offset 0 once `count` records are there. */
    const readCommitted = async (count: number, bytesMax = 1 << 20): Promise<string[]> => {
      await expect
        .poll(async () => valuesOf(await readAll(log, 'events', 0)).length, { timeout: 10_000 })
        .toBe(count)
      return valuesOf(await readAll(log, 'events', 0, 0, bytesMax))
    }

    test('records of a publisher are read: keys, times and values, compressed or not', async () => {
      const producer = await producerOf()
      const messages = Array.from({ length: 50 }, (_, at) => ({
        key: `key ${at}`,
        value: `value ${at}`,
        timestamp: String(1_600_000_000_000 + at),
        headers: { origin: 'elsewhere' },
      }))
      await producer.send({ topic, messages })
      await producer.send({ topic, messages, compression: CompressionTypes.GZIP })
      await readCommitted(100)
      const cursor = new FrameCursor()
      const read: string[] = []
      for (let offset = 0; offset < 100;) {
        for (const { baseOffset, frame } of await log.read('events', 0, offset, 1 << 20)) {
          cursor.over(frame)
          while (cursor.next()) {
            const key = cursor.buffer.toString('utf8', cursor.keyStart, cursor.keyEnd)
            const value = cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd)
            read.push(`${cursor.time} ${key} ${value}`)
          }
          offset = baseOffset + frame.count
        }
      }
      const expected = messages.map(({ key, value, timestamp }) => `${timestamp} ${key} ${value}`)
      expect(read).toEqual([...expected, ...expected])
    })

    test('a record without key or value is an empty one', async () => {
      const producer = await producerOf()
      await producer.send({
        topic,
        messages: [
          { key: null, value: null },
          { key: null, value: 'x' },
        ],
      })
      expect(await readCommitted(2)).toEqual(['', 'x'])
    })

    test('what was aborted is never read: many aborts of one producer among commits, in reads of any size', async () => {
      const producer = await producerOf(`${prefix}aborting`)
      const expected: string[] = []
      for (let at = 0; at < 40; at++) {
        const transaction = await producer.transaction()
        const value = `${at % 3 === 0 ? 'kept' : 'aborted'} ${at} ${'x'.repeat(200)}`
        await transaction.send({ topic, messages: [{ value }, { value: `${value} again` }] })
        if (at % 3 === 0) {
          await transaction.commit()
          expected.push(value, `${value} again`)
        } else await transaction.abort()
        if (at % 5 === 0) {
          await log.append([entry('events', 0, `plain ${at}`)])
          expected.push(`plain ${at}`)
        }
      }
      for (const bytesMax of READ_BYTES)
        expect(await readCommitted(expected.length, bytesMax)).toEqual(expected)
    })

    test('two transactions that lie in each other are told apart', async () => {
      const [one, other] = [await producerOf(`${prefix}one`), await producerOf(`${prefix}other`)]
      const kept = await one.transaction()
      const aborted = await other.transaction()
      for (let at = 0; at < 5; at++) {
        await kept.send({ topic, messages: [{ value: `kept ${at}` }] })
        await aborted.send({ topic, messages: [{ value: `aborted ${at}` }] })
      }
      await kept.commit()
      await aborted.abort()
      for (const bytesMax of READ_BYTES) {
        expect(await readCommitted(5, bytesMax)).toEqual([0, 1, 2, 3, 4].map((at) => `kept ${at}`))
      }
    })

    test('nothing behind an open transaction is read before it ends', async () => {
      const producer = await producerOf(`${prefix}open`)
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value: 'undecided' }] })
      await log.append([entry('events', 0, 'behind')])
      expect(await log.read('events', 0, 0, 1 << 20)).toEqual([])
      await transaction.commit()
      expect(await readCommitted(2)).toEqual(['undecided', 'behind'])
    })

    test('a zombie with the same transactional id commits nothing of what it had begun', async () => {
      const session = await log.session('user-0')
      await session.commit(commitOf({ outputs: [entry('events', 0, 'before')], changelog: Buffer.from('1') }))
      const zombie = await producerOf(`${prefix}task__user-0`)
      const transaction = await zombie.transaction()
      await expect(session.commit(commitOf({ outputs: [entry('events', 0, 'never')] }))).rejects.toEqual(
        refusal('FENCED'),
      )
      await transaction.send({ topic, messages: [{ value: 'of the zombie' }] })
      const next = await log.session('user-0')
      await next.commit(commitOf({ outputs: [entry('events', 0, 'after')], changelog: Buffer.from('2') }))
      await expect(transaction.commit()).rejects.toThrow()
      expect(await readCommitted(2)).toEqual(['before', 'after'])
      expect(await blocksOf(next, 0)).toEqual([
        [1, '1'],
        [2, '2'],
      ])
    })
  })
}
