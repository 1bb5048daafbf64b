import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KafkaAdmin } from '../../../../engine/log/kafka/admin.ts'
import { BrokerError, NO_ANSWER } from '../../../../engine/log/kafka/failures.ts'
import type { Place } from '../../../../engine/log/kafka/names.ts'
import { KafkaLog } from '../../../../engine/log/kafka.ts'
import type { LogSession } from '../../../../engine/log/port.ts'
import { realServices } from '../../../../services/index.ts'
import type { KafkaService } from '../../../../services/port.ts'
import { commitAtLast } from '../../../conformance/commit-at-last.ts'
import { entry } from '../../../conformance/frames.ts'
import { commitOf } from '../../../conformance/log-subject.ts'
import { killedKafkaVersions, missing, START_MS_MAX } from '../../../services/here.ts'
import { heardValues, MARKERS_MS_MAX } from './heard.ts'
import { WatchedCluster } from './watched-cluster.ts'
import { LANE, TASK, watchedSessions } from './watched-sessions.ts'

const NODES = 3
const PARTITIONS = 6
const OUTPUTS = 'outputs'
const CHANGELOG = 'changelog'
const LOOK_MS = 50
/** Longer than a coordinator takes to call a transaction over whose partition has no leader. */
const AWAY_MS = 2_000
const TEST_MS_MAX = 120_000

for (const version of killedKafkaVersions) {
  const noKafka = await missing('kafka', version)

  describe.skipIf(noKafka !== undefined)(
    `where a partition of Kafka ${version} has no leader as its transaction ends ${noKafka ?? ''}`,
    () => {
      let kafka: KafkaService
      beforeAll(async () => {
        kafka = await realServices.kafka({ version, nodes: NODES })
      }, START_MS_MAX)
      afterAll(() => kafka.stop())

      /** Sessions of one task whose coordinator lives on while the only broker of outputs or changelog is away. */
      const opened = async (prefix: string, fragile: typeof OUTPUTS | typeof CHANGELOG) => {
        const options = { brokers: kafka.brokers, prefix, changelogPartitions: 1 }
        const admin = await KafkaAdmin.open(options)
        const create = (name: string) => {
          const replicas = name === fragile ? 1 : NODES
          // What tests write is of 1970.
          const configs = { 'retention.ms': '-1' }
          return admin.create([{ name: `${prefix}${name}`, partitions: PARTITIONS, replicas, configs }])
        }
        await create(OUTPUTS)
        await create(CHANGELOG)
        await admin.close()
        const log = await KafkaLog.open(options)
        const cluster = await WatchedCluster.refreshed(options)
        const coordinator = await cluster.persist(() => cluster.coordinator(`${prefix}${TASK}`))
        const awayFrom = (name: string): Place => {
          const places = Array.from({ length: PARTITIONS }, (_, partition) => ({
            topic: `${prefix}${name}`,
            partition,
          }))
          return places.find(({ topic, partition }) => cluster.leader(topic, partition) !== coordinator)!
        }
        const output = awayFrom(OUTPUTS)
        const own = awayFrom(CHANGELOG)
        const frail = fragile === OUTPUTS ? output : own
        const leader = cluster.leader(frail.topic, frail.partition)!
        // Nodes count from 0 here, brokers from 1.
        const node = kafka.nodes[leader - 1]!

        /** The broker dies, and everybody knows that nobody leads its partition. */
        const killed = async (): Promise<void> => {
          await node.kill()
          do {
            await sleep(LOOK_MS)
            await cluster.refresh()
          } while (cluster.leader(frail.topic, frail.partition) !== undefined)
        }
        const back = async (): Promise<void> => {
          await node.restart()
          do {
            await sleep(LOOK_MS)
            await cluster.refresh()
          } while (cluster.leader(frail.topic, frail.partition) === undefined)
        }

        const sessions = watchedSessions(cluster, prefix, own)
        const open = () => sessions.open()
        const commit = (session: LogSession, value: string): Promise<LogSession> =>
          commitAtLast(session, commitOf({ outputs: [entry(OUTPUTS, output.partition, value)] }), open)

        /** The next records sent to the output's leader are there, without an answer; then something happens. */
        const loseAnswer = (then: () => Promise<void> = () => Promise.resolve()): void => {
          const outputLeader = cluster.leader(output.topic, output.partition)
          cluster.around = async (asked, ask) => {
            const answer = await ask()
            if (asked.lane !== LANE || asked.broker !== outputLeader || !cluster.isProduce(asked))
              return answer
            cluster.around = (_asked, next) => next()
            await then()
            throw new BrokerError(NO_ANSWER, 'the answer was lost')
          }
        }
        /** The commit is asked for while the broker is away, which comes back once that is answered. */
        const commitWithoutLeader = async (session: LogSession, value: string): Promise<LogSession> => {
          cluster.around = async (asked, ask) => {
            if (!cluster.isCommit(asked)) return ask()
            cluster.around = (_asked, next) => next()
            await killed()
            return ask()
          }
          const owner = await commit(session, value)
          await back()
          return owner
        }
        const values = () => heardValues(log, OUTPUTS, output.partition)
        const close = async (): Promise<void> => {
          await sessions.close()
          await log.close()
        }
        return { cluster, open, commit, killed, back, loseAnswer, commitWithoutLeader, values, close }
      }

      const MARKED = { timeout: MARKERS_MS_MAX }

      test(
        'a log opens though a partition of a topic that is not its own has no leader',
        async () => {
          const { killed, back, close } = await opened('other.', OUTPUTS)
          await killed()
          const log = await KafkaLog.open({
            brokers: kafka.brokers,
            prefix: 'elsewhere.',
            changelogPartitions: 1,
          })
          await log.close()
          await back()
          await close()
        },
        TEST_MS_MAX,
      )

      test(
        'what was taken back is not committed with the next commit',
        async () => {
          const { cluster, open, commit, killed, back, loseAnswer, values, close } = await opened(
            'back.',
            OUTPUTS,
          )
          let session: LogSession = await open()
          loseAnswer(async () => {
            await killed()
            const isBack = sleep(AWAY_MS).then(back)
            // Else it would be tried again, and taken back again, until the broker is there to be told.
            cluster.around = async (asked, ask) => {
              if (cluster.isBeginOfTransaction(asked)) await isBack
              return ask()
            }
          })
          session = await commit(session, 'one')
          session = await commit(session, 'two')
          await expect.poll(values, MARKED).toEqual(['one', 'two'])
          expect(session.sequence()).toBe(2)
          await close()
        },
        TEST_MS_MAX,
      )

      test(
        'what was committed can be read though no other commit follows',
        async () => {
          const { open, commitWithoutLeader, values, close } = await opened('idle.', OUTPUTS)
          const session = await open()
          await commitWithoutLeader(session, 'one')
          await session.settle()
          await expect.poll(values, MARKED).toEqual(['one'])
          await close()
        },
        TEST_MS_MAX,
      )

      test(
        'what was committed is not taken back with the next commit',
        async () => {
          const { open, commit, loseAnswer, commitWithoutLeader, values, close } = await opened(
            'kept.',
            OUTPUTS,
          )
          const session = await commitWithoutLeader(await open(), 'one')
          loseAnswer()
          await commit(session, 'two')
          await expect.poll(values, MARKED).toEqual(['one', 'two'])
          await close()
        },
        TEST_MS_MAX,
      )

      test(
        'what was committed is not taken back with the first commit of the next owner',
        async () => {
          const { open, commit, loseAnswer, commitWithoutLeader, values, close } = await opened(
            'next.',
            OUTPUTS,
          )
          await commitWithoutLeader(await open(), 'one')
          const next = await open()
          loseAnswer()
          await commit(next, 'two')
          await expect.poll(values, MARKED).toEqual(['one', 'two'])
          await close()
        },
        TEST_MS_MAX,
      )

      test(
        'the next owner knows of a commit that the changelog was not told the end of',
        async () => {
          const { open, commit, commitWithoutLeader, values, close } = await opened('own.', CHANGELOG)
          await commitWithoutLeader(await open(), 'one')
          const next = await open()
          expect(next.sequence()).toBe(1)
          await commit(next, 'two')
          await expect.poll(values, MARKED).toEqual(['one', 'two'])
          await close()
        },
        TEST_MS_MAX,
      )
    },
  )
}
