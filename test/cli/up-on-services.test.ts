import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readSettings } from '../../cli/config/read.ts'
import { ask } from '../../cli/http/client.ts'
import type { Served } from '../../cli/serve.ts'
import { openOnServices } from '../../cli/up-on-services.ts'
import { plansOf } from '../../engine/topology.ts'
import { realServices } from '../../services/index.ts'
import type { KafkaService, RedisService } from '../../services/port.ts'
import { everything } from '../../topologies/index.ts'
import { missing, START_MS_MAX } from '../services/here.ts'
import { Spawned } from './spawned.ts'

const reason = (await missing('kafka')) ?? (await missing('redis'))
const TEST_MS_MAX = 180_000
const SOON = { timeout: 60_000, interval: 250 }
const LISTENS = /listens at (http:\S+),/
/** One partition: a task for each key space. */
const TASKS = new Set(plansOf(everything).map(({ keySpace }) => keySpace)).size

describe.skipIf(reason !== undefined)(`freshet up on services ${reason ?? ''}`, () => {
  let kafka: KafkaService
  let redis: RedisService
  let data: string

  beforeAll(async () => {
    ;[kafka, redis] = await Promise.all([realServices.kafka(), realServices.redis()])
    data = await mkdtemp(join(tmpdir(), 'freshet-test-'))
  }, START_MS_MAX)

  afterAll(async () => {
    await Promise.all([kafka.stop(), redis.stop()])
    await rm(data, { recursive: true, force: true })
  })

  /** Of a member whose state and snapshots lie in a directory of that name. */
  const environmentOf = (prefix: string, member: string, directory: string): Record<string, string> => ({
    FRESHET_KAFKA_BROKERS: kafka.brokers.join(','),
    FRESHET_KAFKA_PREFIX: prefix,
    FRESHET_REDIS_URLS: `redis://${redis.host}:${redis.port}`,
    FRESHET_REDIS_PREFIX: prefix,
    FRESHET_TOPICS_PARTITIONS: '1',
    FRESHET_SERVING_PORT: '0',
    FRESHET_SERVING_DATA: join(data, `${prefix}${directory}`, 'serving'),
    FRESHET_WORKER_DATA: join(data, `${prefix}${directory}`, 'worker'),
    FRESHET_WORKER_MEMBER: member,
    FRESHET_WORKER_STANDBYS: '0',
  })

  /** In this process, until the test has ended. */
  const open = async (prefix: string, member: string, directory: string): Promise<Served> => {
    const { settings } = await readSettings({ environment: environmentOf(prefix, member, directory) })
    const served = await openOnServices(settings, false)
    onTestFinished(() => served.close())
    return served
  }

  const answerOf = async (url: string, path: string): Promise<unknown> => {
    const { status, body } = await ask(`${url}${path}`)
    return [status, (body as { readonly code?: string }).code]
  }

  const tasksTold = async (url: string): Promise<readonly string[]> => {
    const text = await (await fetch(`${url}/metrics`)).text()
    const lines = text.matchAll(/^freshet_state_bytes\{task="([^"]+)"\}/gm)
    return [...lines].map(([, task]) => task!).sort()
  }

  test(
    'tells of the tasks that it runs and no more of those that went to another, and is not alive once its processing has ended',
    async () => {
      const one = await open('gone.', 'one', 'one')
      await expect.poll(() => tasksTold(one.url), SOON).toHaveLength(TASKS)
      const all = await tasksTold(one.url)
      const other = await open('gone.', 'other', 'other')
      const shared = async (): Promise<readonly string[]> =>
        [...(await tasksTold(one.url)), ...(await tasksTold(other.url))].sort()
      await expect.poll(async () => (await tasksTold(other.url)).length, SOON).toBeGreaterThan(0)
      await expect.poll(shared, SOON).toEqual(all)

      expect(await answerOf(one.url, '/healthz')).toEqual([200, undefined])
      await open('gone.', 'one', 'elsewhere')
      await expect.poll(() => answerOf(one.url, '/healthz'), SOON).toEqual([500, 'MEMBER_REPLACED'])
      expect(await answerOf(one.url, '/readyz')).toEqual([500, 'MEMBER_REPLACED'])
      expect(await answerOf(other.url, '/healthz')).toEqual([200, undefined])
    },
    TEST_MS_MAX,
  )

  test(
    'ends with its error when another process takes its name; the other goes on until it is told to stop',
    async () => {
      const start = (directory: string): Spawned =>
        new Spawned(data, ['up', '--learn'], environmentOf('named.', 'one', directory))
      const one = start('one')
      await one.printed(LISTENS)
      const other = start('other')
      await other.printed(LISTENS)
      expect(await one.ended).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^freshet: MEMBER_REPLACED: "one" has joined again/m),
      })
      other.signal('SIGTERM')
      expect(await other.ended).toMatchObject({ code: 0 })
    },
    TEST_MS_MAX,
  )
})
