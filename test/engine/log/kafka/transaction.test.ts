import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KafkaAdmin } from '../../../../engine/log/kafka/admin.ts'
import { Transactions } from '../../../../engine/log/kafka/transaction.ts'
import { KafkaLog } from '../../../../engine/log/kafka.ts'
import { realServices } from '../../../../services/index.ts'
import type { KafkaService } from '../../../../services/port.ts'
import { entry } from '../../../conformance/frames.ts'
import { missing, START_MS_MAX, testedKafkaVersions } from '../../../services/here.ts'
import { heardValues, MARKERS_MS_MAX } from './heard.ts'
import { WatchedCluster } from './watched-cluster.ts'

const PREFIX = 'owned.'
const TIMEOUT_MS = 60_000

for (const version of testedKafkaVersions) {
  const noKafka = await missing('kafka', version)

  describe.skipIf(noKafka !== undefined)(`commits of one owner on Kafka ${version} ${noKafka ?? ''}`, () => {
    let kafka: KafkaService
    beforeAll(async () => {
      kafka = await realServices.kafka({ version })
    }, START_MS_MAX)
    afterAll(() => kafka.stop())

    test('a partition whose leader is found only at the second attempt is taken over, and owned from then on', async () => {
      const options = { brokers: kafka.brokers, prefix: PREFIX, changelogPartitions: 1 }
      const admin = await KafkaAdmin.open(options)
      const create = (name: string) =>
        admin.create([{ name: `${PREFIX}${name}`, partitions: 1, replicas: 1, configs: {} }])
      await create('first')
      const cluster = await WatchedCluster.refreshed(options)
      const ownerOf = (name: string): Transactions =>
        new Transactions(cluster, 'lane', name, { topic: `${PREFIX}${name}`, partition: 0 }, TIMEOUT_MS)
      // Until coordinators are there, and so that the brokers need not be looked for again.
      await ownerOf('first').begin()
      await create('second')
      expect(cluster.leader(`${PREFIX}second`, 0)).toBeUndefined()

      const owner = ownerOf('second')
      await owner.begin()
      await owner.commit([entry(`${PREFIX}second`, 0, 'one')])
      await owner.begin()
      await owner.commit([entry(`${PREFIX}second`, 0, 'two', 'three')])
      const log = await KafkaLog.open(options)
      await expect
        .poll(() => heardValues(log, 'second'), { timeout: MARKERS_MS_MAX })
        .toEqual(['one', 'two', 'three'])
      await log.close()
      await cluster.close()
      await admin.close()
    })

    test('how far a topic was written is told while the end of a transaction is on its way', async () => {
      const options = { brokers: kafka.brokers, prefix: 'open.', changelogPartitions: 1 }
      const log = await KafkaLog.open(options)
      await log.createTopics(
        ['own', 'echoes'].map((name) => ({ name, partitions: 1, retentionMs: Infinity })),
      )
      const cluster = await WatchedCluster.refreshed(options)
      const owner = new Transactions(cluster, 'lane', 'open', { topic: 'open.own', partition: 0 }, TIMEOUT_MS)
      await owner.begin()
      const heard: (readonly number[])[] = []
      cluster.around = async (asked, ask) => {
        if (cluster.isEndOfTransaction(asked)) {
          log.endOffset('echoes', 0)
          await log.hearEnds()
          heard.push([log.endOffset('echoes', 0)], await log.appendedEnds('echoes'))
        }
        return ask()
      }
      await owner.commit([entry('open.own', 0, 'changes'), entry('open.echoes', 0, 'one', 'two')])
      expect(heard).toEqual([[0], [2]])
      await log.close()
      await cluster.close()
    })
  })
}
