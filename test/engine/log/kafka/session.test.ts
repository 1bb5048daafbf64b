import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KafkaAdmin } from '../../../../engine/log/kafka/admin.ts'
import { BrokerError, NO_ANSWER } from '../../../../engine/log/kafka/failures.ts'
import { KafkaLog } from '../../../../engine/log/kafka.ts'
import type { LogSession } from '../../../../engine/log/port.ts'
import { realServices } from '../../../../services/index.ts'
import type { KafkaService } from '../../../../services/port.ts'
import { commitAtLast } from '../../../conformance/commit-at-last.ts'
import { entry } from '../../../conformance/frames.ts'
import { commitOf } from '../../../conformance/log-subject.ts'
import { missing, START_MS_MAX, testedKafkaVersions } from '../../../services/here.ts'
import { heardValues, MARKERS_MS_MAX } from './heard.ts'
import { WatchedCluster } from './watched-cluster.ts'
import { LANE, watchedSessions } from './watched-sessions.ts'

const OUTPUTS = 'outputs'
const CHANGELOG = 'changelog'

for (const version of testedKafkaVersions) {
  const noKafka = await missing('kafka', version)

  describe.skipIf(noKafka !== undefined)(`a session on Kafka ${version} ${noKafka ?? ''}`, () => {
    let kafka: KafkaService
    beforeAll(async () => {
      kafka = await realServices.kafka({ version })
    }, START_MS_MAX)
    afterAll(() => kafka.stop())

    /** A session of its own topics over a watched cluster. */
    const opened = async (prefix: string) => {
      const options = { brokers: kafka.brokers, prefix, changelogPartitions: 1 }
      const log = await KafkaLog.open(options)
      await log.createTopics([{ name: OUTPUTS, partitions: 1, retentionMs: Infinity }])
      const admin = await KafkaAdmin.open(options)
      const place = { topic: `${prefix}${CHANGELOG}`, partition: 0 }
      await admin.create([{ name: place.topic, partitions: 1, replicas: 1, configs: {} }])
      await admin.close()
      const cluster = await WatchedCluster.refreshed(options)
      const sessions = watchedSessions(cluster, prefix, place)
      const close = async (): Promise<void> => {
        await sessions.close()
        await log.close()
      }
      return { log, cluster, open: () => sessions.open(), ends: sessions.ends, close }
    }

    test('tells where the outputs of a commit end whose answer was lost', async () => {
      const { cluster, open, ends, close } = await opened('ends.')
      const session = await open()
      let losesEnd = true
      // The brokers do what they are asked.
      cluster.around = async (asked, ask) => {
        const answer = await ask()
        if (!losesEnd || !cluster.isCommit(asked)) return answer
        losesEnd = false
        throw new BrokerError('UNKNOWN_SERVER_ERROR', 'the answer was lost')
      }
      expect(await session.commit(commitOf({ outputs: [entry(OUTPUTS, 0, 'one', 'two')] }))).toBe(1)
      expect(losesEnd).toBe(false)
      expect(ends.get(`ends.${OUTPUTS}`)).toBe(2)
      await close()
    })

    test('an end of a transaction that was given up and comes late does not commit what is half written then', async () => {
      const { log, cluster, open, close } = await opened('late.')
      let session: LogSession = await open()
      const committed = async (output: string): Promise<void> => {
        session = await commitAtLast(session, commitOf({ outputs: [entry(OUTPUTS, 0, output)] }), open)
      }
      let late: (() => Promise<unknown>) | undefined
      cluster.around = (asked, ask) => {
        if (late !== undefined || !cluster.isCommit(asked)) return ask()
        late = ask
        throw new BrokerError(NO_ANSWER, 'it is on its way still')
      }
      await committed('one')
      let isLost = false
      cluster.around = async (asked, ask) => {
        const answer = await ask()
        if (isLost || asked.lane !== LANE || !cluster.isProduce(asked)) return answer
        isLost = true
        await late!().catch(() => undefined)
        throw new BrokerError(NO_ANSWER, 'the answer was lost')
      }
      await committed('two')
      expect(isLost).toBe(true)
      await expect.poll(() => heardValues(log, OUTPUTS), { timeout: MARKERS_MS_MAX }).toEqual(['one', 'two'])
      await close()
    })
  })
}
