import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RowList } from '../../../cli/inspect/inspection.ts'
import { PrometheusMetrics } from '../../../cli/metrics.ts'
import { bothMetrics, EventCounts } from '../../../cli/runtime/event-counts.ts'
import { workerServer } from '../../../cli/worker/http.ts'
import { startWorker, type RunningWorker } from '../../../cli/worker/start.ts'
import { WORKER_SETTINGS_DEFAULTS } from '../../../cli/worker/settings.ts'
import { KAFKA_DEFAULTS } from '../../../engine/log/kafka/options.ts'
import { NO_METRICS, type Metrics } from '../../../engine/metrics.ts'
import type { Topic } from '../../../engine/topic.ts'
import { impressions, reactions } from '../../../processors/topics.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import { realServices } from '../../../services/index.ts'
import type { KafkaService } from '../../../services/port.ts'
import { aReaction, T0 } from '../../processors/events.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'
import { LAST_ROUNDS, letTimePass, publicationsOf } from '../../simulation/society/index.ts'
import { golden, outcomeOf, START_MS } from '../../simulation/society/runs.ts'
import { MovedClock, Publishing } from './publishing.ts'
import { rowsOf } from './rows.ts'

const noKafka = await missing('kafka')
const TEST_MS_MAX = 300_000
const PARTITIONS = 4
/** A quiet topic holds time back for so long: longer than a busy machine lets anything wait. */
const IDLE_MS = 120_000
const LOOK_MS = 50
const RETENTION_MS = 7 * DAY_MS
/** News travels between workers by the brokers: nothing is left when there is none at so many looks. */
const QUIET_LOOKS = 20

describe.skipIf(noKafka !== undefined)(`workers of a fleet ${noKafka ?? ''}`, () => {
  let kafka: KafkaService
  let directory = ''

  beforeAll(async () => {
    kafka = await realServices.kafka()
    directory = await mkdtemp(join(tmpdir(), 'freshet-fleet-'))
  }, START_MS_MAX)
  afterAll(async () => {
    await kafka.stop()
    await rm(directory, { recursive: true, force: true })
  })

  const start = (
    prefix: string,
    member: string,
    clock: MovedClock,
    metrics: Metrics = NO_METRICS,
  ): Promise<RunningWorker> =>
    startWorker({
      ...WORKER_SETTINGS_DEFAULTS,
      brokers: kafka.brokers,
      prefix,
      group: 'workers',
      member,
      partitions: PARTITIONS,
      dataDirectory: join(directory, `${prefix}${member}`),
      standbys: 1,
      retentionMs: RETENTION_MS,
      transactionMsMax: KAFKA_DEFAULTS.transactionMsMax,
      heartbeatMs: 100,
      missedHeartbeatsMax: 40,
      worker: { commitIntervalMs: 30, batchEventsMax: 64, idleMs: IDLE_MS },
      clock,
      metrics,
    })

  const until = async (
    workers: readonly RunningWorker[],
    reached: () => boolean | Promise<boolean>,
  ): Promise<void> => {
    for (let looks = 0; looks < QUIET_LOOKS; looks = (await reached()) ? looks + 1 : 0) {
      for (const worker of workers) worker.assertRunning()
      await sleep(LOOK_MS)
    }
  }

  const tasksOf = (workers: readonly RunningWorker[]): string[] =>
    workers.flatMap((worker) => Object.keys(worker.status().active)).sort()

  const settled = async (workers: readonly RunningWorker[], tasks: number): Promise<void> =>
    until(workers, async () => {
      // What brokers that are busy have not told yet is not settled.
      for (const { log } of workers) await log.hearEnds()
      return new Set(tasksOf(workers)).size === tasks && workers.every((worker) => worker.status().settled)
    })

  /**
   * A reaction that names no request belongs to the newest slate that has come by then, and topics are fetched one
   * beside the other: so its slate must have been taken before it is published.
   */
  const slatesTaken = async (workers: readonly RunningWorker[], publishing: Publishing): Promise<void> => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const taken = ({ worker }: RunningWorker): number => worker.committedOffset(impressions.name, partition)
      while (Math.max(...workers.map(taken)) < publishing.endOffset(impressions, partition)) await sleep(1)
    }
  }

  test(
    'share the tasks, take them over from each other as they come and go, and end as one process does, byte for byte',
    async () => {
      const seed = 3
      const prefix = 'fleet.'
      const clock = new MovedClock(START_MS)
      const first = await start(prefix, 'first', clock)
      const tasks = first.worker.allTaskIds().length
      const publishing = await Publishing.start(kafka.brokers, prefix, PARTITIONS)
      const workers = [first]
      const driver = {
        publish: async <Value>(topic: Topic<Value>, value: Value): Promise<void> => {
          await publishing.publish(topic, value)
          if (topic.name === impressions.name) await slatesTaken(workers, publishing)
        },
        publishRaw: publishing.publishRaw.bind(publishing),
        advance: () => clock.advance(2 * IDLE_MS),
      }
      const publications = publicationsOf(seed)
      const third = Math.floor(publications.length / 3)
      for (const { send } of publications.slice(0, third)) await send(driver)
      const second = await start(prefix, 'second', clock)
      const other = await start(prefix, 'third', clock)
      workers.push(second, other)
      for (const { send } of publications.slice(third, 2 * third)) await send(driver)
      const isFairShare = (count: number): boolean => Math.abs(count - tasks / workers.length) < 1
      const isShared = (): boolean =>
        workers.every((each) => isFairShare(Object.keys(each.status().active).length)) &&
        new Set(tasksOf(workers)).size === tasks
      await until(workers, isShared)
      await first.close()
      for (const { send } of publications.slice(2 * third)) await send(driver)
      const two = [second, other]
      await settled(two, tasks)
      for (const round of LAST_ROUNDS) {
        await letTimePass(driver, seed, round)
        await settled(two, tasks)
      }
      const outcome = await outcomeOf(
        {
          state: () => rowsOf(two.map(({ worker }) => worker)),
          records: publishing.records.bind(publishing),
          deadLetters: publishing.deadLetters.bind(publishing),
        },
        seed,
      )
      expect(outcome).toEqual(await golden(seed))
      for (const worker of two) await worker.close()
      await publishing.close()
    },
    TEST_MS_MAX,
  )

  test(
    'tell of their tasks over HTTP, show rows of those, and say who has the others, and where',
    async () => {
      const prefix = 'http.'
      const clock = new MovedClock(START_MS)
      const counts = new EventCounts()
      const metrics = new PrometheusMetrics()
      const one = await start(prefix, 'one', clock, bothMetrics(counts, metrics))
      const other = await start(prefix, 'other', clock)
      const publishing = await Publishing.start(kafka.brokers, prefix, PARTITIONS)
      const users = Array.from({ length: 20 }, (_, index) => `user-${index}`)
      for (const userId of users) {
        await publishing.publish(reactions, aReaction({ eventId: userId, userId, kind: 'like', at: T0 }))
      }
      const tasks = one.worker.allTaskIds().length
      const both = [one, other]
      other.answersAt('http://other:1')
      await until(both, () => 'other' in one.status().urls)
      await until(both, () => both.every((each) => Object.keys(each.status().active).length === tasks / 2))
      await settled(both, tasks)
      const app = workerServer({ running: one, metrics, counts, clock, schemas: undefined, token: null })
      const ready = await app.inject('/readyz')
      expect([ready.statusCode, ready.json()]).toEqual([
        200,
        { status: 'ready', lagRecords: 0, settled: true },
      ])
      expect((await app.inject('/v1/worker')).json()).toMatchObject({
        members: ['one', 'other'],
        urls: { other: 'http://other:1' },
        restoring: {},
      })
      const text = (await app.inject('/metrics')).body
      for (const line of [`freshet_tasks{role="active"} ${tasks / 2}`, 'freshet_fleet_members 2']) {
        expect(text).toContain(line)
      }
      const answers = await Promise.all(
        users.map((userId) => app.inject(`/admin/v1/stores/user/row?key=${userId}`)),
      )
      const statuses = answers.map(({ statusCode }) => statusCode)
      expect(new Set(statuses)).toEqual(new Set([200, 421]))
      for (const [index, answer] of answers.entries()) {
        const key = Buffer.from(users[index]!)
        const isHere = (await one.worker.storeOf('user', key)) !== undefined
        expect(answer.statusCode).toBe(isHere ? 200 : 421)
        if (isHere) expect(answer.json<{ bytes: number }>().bytes).toBeGreaterThan(0)
        else
          expect(answer.json<{ message: string }>().message).toContain('"other" runs it, at http://other:1')
      }
      const list = (await app.inject('/admin/v1/stores/user/rows?limit=100')).json<RowList>()
      expect(new Set(list.rows.map(({ key }) => key[0]))).toEqual(
        new Set(users.filter((_, index) => statuses[index] === 200)),
      )
      const lacking = list.elsewhere.map(({ partition }) => partition)
      expect(new Set([...list.listed, ...lacking])).toEqual(new Set([0, 1, 2, 3]))
      for (const each of list.elsewhere) {
        expect(each).toMatchObject({ member: 'other', url: 'http://other:1' })
      }
      await app.close()
      for (const worker of both) await worker.close()
      await publishing.close()
    },
    TEST_MS_MAX,
  )
})
