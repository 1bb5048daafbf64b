import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster, COMMON_LANE } from '../../../../engine/log/kafka/cluster.ts'
import { Followers } from '../../../../engine/log/kafka/followers.ts'
import { type KafkaLibrary, loadLibrary } from '../../../../engine/log/kafka/library.ts'
import { Offsets } from '../../../../engine/log/kafka/offsets.ts'
import { Transactions } from '../../../../engine/log/kafka/transaction.ts'
import { KafkaLog } from '../../../../engine/log/kafka.ts'
import { realServices } from '../../../../services/index.ts'
import type { KafkaService } from '../../../../services/port.ts'
import { entry } from '../../../conformance/frames.ts'
import { missing, START_MS_MAX, testedKafkaVersions } from '../../../services/here.ts'
import { WatchedCluster } from './watched-cluster.ts'

const PREFIX = 'followed.'
const UNREADABLE = 'does not match'
const RECORDS = 5
const TIMEOUT_MS = 60_000

for (const version of testedKafkaVersions) {
  const noKafka = await missing('kafka', version)

  describe.skipIf(noKafka !== undefined)(
    `partitions of Kafka ${version} read ahead of their readers ${noKafka ?? ''}`,
    () => {
      let kafka: KafkaService
      beforeAll(async () => {
        kafka = await realServices.kafka({ version })
      }, START_MS_MAX)
      afterAll(() => kafka.stop())

      /** Brokers whose batches with one value do not match their checksum, as if a disk had changed a bit. */
      const damaged = async (): Promise<Cluster> => {
        const library = await loadLibrary()
        const crc32c: KafkaLibrary['crc32c'] = (bytes) =>
          Buffer.isBuffer(bytes) && bytes.includes(UNREADABLE) ? 0 : library.crc32c(bytes)
        const options = { brokers: kafka.brokers, prefix: PREFIX, changelogPartitions: 1 }
        return new Cluster({ ...library, crc32c }, options)
      }

      test('a batch that cannot be read is told to its reader, and holds up no other partition', async () => {
        const log = await KafkaLog.open({ brokers: kafka.brokers, prefix: PREFIX, changelogPartitions: 1 })
        await log.createTopics([{ name: 'events', partitions: 2, retentionMs: Infinity }])
        const cluster = await damaged()
        await cluster.refresh()
        const offsets = new Offsets(cluster)
        const followers = new Followers(cluster, offsets, () => undefined)
        const places = [0, 1].map((partition) => ({ topic: `${PREFIX}events`, partition }))
        for (const place of places) followers.follow(place)

        const next = [0, 0]
        const failures = new Set<string>()
        for (let sent = 0; sent < RECORDS; sent++) {
          await log.append([entry('events', 0, sent === 1 ? UNREADABLE : 'fine'), entry('events', 1, 'fine')])
          await offsets.refresh(places)
          for (let looks = 0; looks < 200 && next[1]! <= sent; looks++) {
            for (const [partition, place] of places.entries()) {
              const read = followers.read(place, next[partition]!, 1 << 20)
              const frames = await read.catch(
                (error: Error) => void failures.add(`${partition}: ${error.message}`),
              )
              for (const { baseOffset, frame } of frames ?? []) next[partition] = baseOffset + frame.count
            }
            await sleep(10)
          }
        }
        expect(next).toEqual([1, RECORDS])
        expect([...failures]).toEqual([
          '0: LOG_UNAVAILABLE: the batch at offset 1 does not match its checksum',
        ])
        followers.close()
        await cluster.close()
        await log.close()
      })

      test('where a partition ends is heard without anything being fetched of it, by who reads nothing there', async () => {
        const options = { brokers: kafka.brokers, prefix: 'glanced.', changelogPartitions: 1 }
        const log = await KafkaLog.open(options)
        await log.createTopics([{ name: 'events', partitions: 1, retentionMs: Infinity }])
        const cluster = await WatchedCluster.refreshed(options)
        // Where partitions lie and end is asked on the other lane.
        let fetches = 0
        cluster.around = ({ lane }, ask) => {
          if (lane !== COMMON_LANE) fetches++
          return ask()
        }
        const followers = new Followers(cluster, new Offsets(cluster), () => undefined)
        const place = { topic: 'glanced.events', partition: 0 }
        expect(followers.glance(place)).toBe(0)
        await log.append([entry('events', 0, 'one', 'two', 'three')])
        await expect.poll(() => followers.glance(place), { timeout: 20_000 }).toBe(3)
        expect(fetches).toBe(0)
        followers.follow(place)
        await log.append([entry('events', 0, 'four')])
        await expect.poll(() => followers.glance(place), { timeout: 20_000 }).toBe(4)
        expect(fetches).toBeGreaterThan(0)
        followers.close()
        await cluster.close()
        await log.close()
      })

      test('the first record from an offset on is found past the end of a transaction', async () => {
        const options = { brokers: kafka.brokers, prefix: 'ended.', changelogPartitions: 1 }
        const log = await KafkaLog.open(options)
        await log.createTopics(
          ['own', 'outputs'].map((name) => ({ name, partitions: 1, retentionMs: Infinity })),
        )
        const cluster = await WatchedCluster.refreshed(options)
        const owner = new Transactions(
          cluster,
          'lane',
          'own',
          { topic: 'ended.own', partition: 0 },
          TIMEOUT_MS,
        )
        for (const value of ['one', 'two']) {
          await owner.begin()
          await owner.commit([entry('ended.own', 0, value), entry('ended.outputs', 0, value)])
        }
        const firsts = async (): Promise<number[]> =>
          Promise.all([0, 1, 2, 3, 4].map((offset) => log.firstFrom('outputs', 0, offset)))
        await expect.poll(firsts, { timeout: 20_000 }).toEqual([0, 2, 2, 4, 4])
        await cluster.close()
        await log.close()
      })
    },
  )
}
