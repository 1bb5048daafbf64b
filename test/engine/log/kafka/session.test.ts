import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KafkaAdmin } from '../../../../engine/log/kafka/admin.ts'
import { Changelog } from '../../../../engine/log/kafka/changelog.ts'
import { BrokerError } from '../../../../engine/log/kafka/failures.ts'
import { Followers } from '../../../../engine/log/kafka/followers.ts'
import { Offsets } from '../../../../engine/log/kafka/offsets.ts'
import { KafkaSession, type SessionHost } from '../../../../engine/log/kafka/session.ts'
import { Transactions } from '../../../../engine/log/kafka/transaction.ts'
import { realServices } from '../../../../services/index.ts'
import type { KafkaService } from '../../../../services/port.ts'
import { entry } from '../../../conformance/frames.ts'
import { commitOf } from '../../../conformance/log-subject.ts'
import { missing, START_MS_MAX, testedKafkaVersions } from '../../../services/here.ts'
import { WatchedCluster } from './watched-cluster.ts'

const OUTPUTS = 'outputs'
const CHANGELOG = 'changelog'
const TIMEOUT_MS = 60_000

for (const version of testedKafkaVersions) {
  const noKafka = await missing('kafka', version)

  describe.skipIf(noKafka !== undefined)(`a session on Kafka ${version} ${noKafka ?? ''}`, () => {
    let kafka: KafkaService
    beforeAll(async () => {
      kafka = await realServices.kafka({ version })
    }, START_MS_MAX)
    afterAll(() => kafka.stop())

    test('tells where the outputs of a commit end whose answer was lost', async () => {
      const options = { brokers: kafka.brokers, changelogPartitions: 1 }
      const admin = await KafkaAdmin.open(options)
      const topics = [OUTPUTS, CHANGELOG]
      await admin.create(topics.map((name) => ({ name, partitions: 1, replicas: 1, configs: {} })))
      const cluster = await WatchedCluster.refreshed(options)
      let losesEnd = false
      // The brokers do what they are asked.
      cluster.around = async (asked, ask) => {
        const answer = await ask()
        if (!losesEnd || !cluster.isEndOfTransaction(asked)) return answer
        losesEnd = false
        throw new BrokerError('UNKNOWN_SERVER_ERROR', 'the answer was lost')
      }
      const offsets = new Offsets(cluster)
      const followers = new Followers(cluster, offsets, () => undefined)
      const place = { topic: CHANGELOG, partition: 0 }
      const ends = new Map<string, number>()
      const host: SessionHost = {
        assertOpen: () => undefined,
        onBrokers: (entries) => [...entries],
        checkPosition: () => undefined,
        wrote: ({ topic }, end) => void ends.set(topic, end),
        deleteBefore: () => Promise.resolve(),
      }
      const transactions = new Transactions(cluster, 'lane', 'user-0', place, TIMEOUT_MS)
      const changelog = new Changelog(place, followers, offsets)
      const session = await KafkaSession.open('user-0', host, transactions, changelog)
      losesEnd = true
      expect(await session.commit(commitOf({ outputs: [entry(OUTPUTS, 0, 'one', 'two')] }))).toBe(1)
      expect(losesEnd).toBe(false)
      expect(ends.get(OUTPUTS)).toBe(2)
      followers.close()
      await cluster.close()
      await admin.close()
    })
  })
}
