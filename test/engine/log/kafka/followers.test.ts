import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster } from '../../../../engine/log/kafka/cluster.ts'
import { Followers } from '../../../../engine/log/kafka/followers.ts'
import { type KafkaLibrary, loadLibrary } from '../../../../engine/log/kafka/library.ts'
import { Offsets } from '../../../../engine/log/kafka/offsets.ts'
import { KafkaLog } from '../../../../engine/log/kafka.ts'
import { realServices } from '../../../../services/index.ts'
import type { KafkaService } from '../../../../services/port.ts'
import { entry } from '../../../conformance/frames.ts'
import { missing, START_MS_MAX, testedKafkaVersions } from '../../../services/here.ts'

const PREFIX = 'followed.'
const UNREADABLE = 'does not match'
const RECORDS = 5

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
    },
  )
}
