import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../../cli/http/client.ts'
import { FrameCursor, FrameWriter } from '../../engine/log/frame.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import { publicContracts } from '../../schemas/index.ts'
import { RegistryClient } from '../../schemas/registry/client.ts'
import type { FeedAnswer } from '../../serving/http/feed-schemas.ts'
import { realServices } from '../../services/index.ts'
import type { KafkaService, RedisService, RegistryService } from '../../services/port.ts'
import { ndjson, post, tie, type PublishedEvent } from '../cli/community.ts'
import { lastJson, Spawned } from '../cli/spawned.ts'
import { temporaryDirectory } from '../cli/temporary.ts'
import { metricsAskedFor } from '../docker/queries.ts'
import { unwatched } from '../docker/told.ts'
import { missing, START_MS_MAX } from '../services/here.ts'

const reason = (await missing('kafka')) ?? (await missing('redis')) ?? (await missing('registry'))
const noCheckers = await missing('checkers')
const TEST_MS_MAX = 180_000
const POLL = { timeout: 60_000, interval: 200 }
const READ_BYTES_MAX = 1 << 20
const PARTITIONS = 2
/** Of every process here, as it inherits the environment, and of what asks them. */
const TOKEN = 'a-token-of-more-than-thirty-two-characters'

/** What a process tells, as queries name it. */
const metricNames = async (url: string): Promise<readonly string[]> => {
  const text = await (await fetch(url)).text()
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name!, type!] as const)
  return types.flatMap(([name, type]) =>
    type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  )
}

describe.skipIf(reason !== undefined)(`the commands on Kafka, Redis and a registry ${reason ?? ''}`, () => {
  let kafka: KafkaService
  let redis: RedisService
  let registry: RegistryService

  beforeAll(async () => {
    ;[kafka, redis, registry] = await Promise.all([
      realServices.kafka(),
      realServices.redis(),
      realServices.registry(),
    ])
  }, START_MS_MAX)
  afterAll(() => Promise.all([kafka.stop(), redis.stop(), registry.stop()]))
  beforeAll(() => {
    process.env['FRESHET_HTTP_TOKEN'] = TOKEN
    return () => delete process.env['FRESHET_HTTP_TOKEN']
  })

  const environment = (app: string): Record<string, string> => ({
    FRESHET_KAFKA_BROKERS: kafka.brokers.join(','),
    FRESHET_KAFKA_PREFIX: `${app}.`,
    FRESHET_REDIS_URLS: `redis://${redis.host}:${redis.port}`,
    FRESHET_REDIS_PREFIX: `${app}.`,
    FRESHET_REGISTRY_URL: registry.url,
    FRESHET_TOPICS_PARTITIONS: String(PARTITIONS),
    FRESHET_SERVING_PORT: '0',
    FRESHET_WORKER_PORT: '0',
  })
  const run = (app: string, directory: string, ...args: readonly string[]): Spawned =>
    new Spawned(directory, args, environment(app))
  const openLog = (app: string): Promise<KafkaLog> =>
    KafkaLog.open({ brokers: kafka.brokers, prefix: `${app}.`, changelogPartitions: PARTITIONS })

  const publish = async (url: string, ...events: readonly PublishedEvent[]): Promise<void> => {
    const bytes = Buffer.from(ndjson(events))
    const { body } = await ask(`${url}/v1/events`, { type: 'application/x-ndjson', bytes })
    expect(body).toEqual({ accepted: events.length, refused: [] })
  }
  const shown = async (url: string, userId: string): Promise<readonly string[]> => {
    const { status, body } = await ask(`${url}/v1/feed?userId=${userId}&preview=true`)
    return status === 200 ? (body as FeedAnswer).items.map(({ postId }) => postId) : []
  }
  const statusWithoutToken = async (url: string): Promise<number> => (await fetch(url)).status

  test(
    '`freshet up` runs on them as it does alone, and stops in order',
    async () => {
      const up = run('one', await temporaryDirectory(), 'up')
      const url = await up.printed(/listens at (http:\S+), on Kafka at/)
      await publish(url, tie('ann', 'bob', 'follow'), post('p1', 'bob'))
      await expect.poll(() => shown(url, 'ann'), POLL).toContain('p1')
      expect(await statusWithoutToken(`${url}/v1/feed?userId=ann`)).toBe(401)
      const state = await ask(`${url}/admin/v1/stores/connections/rows?limit=10`)
      expect(JSON.stringify(state.body)).toContain('ann')
      up.signal('SIGTERM')
      expect((await up.ended).code).toBe(0)
    },
    TEST_MS_MAX,
  )

  test(
    'a worker and a serving process are two: they tell what is watched; the worker is killed, and goes on where it was',
    async () => {
      const directory = await temporaryDirectory()
      const worker = run('two', directory, 'worker', '--member', 'only', '--standbys', '0')
      const workerUrl = await worker.printed(/tells of itself at (http:\S+)\./)
      const serve = run('two', directory, 'serve')
      const url = await serve.printed(/serves at (http:\S+)\./)
      await publish(url, tie('ann', 'bob', 'follow'), post('before', 'bob'))
      await expect.poll(() => shown(url, 'ann'), POLL).toContain('before')
      expect(await statusWithoutToken(`${url}/v1/feed?userId=ann`)).toBe(401)
      expect(await statusWithoutToken(`${workerUrl}/v1/worker`)).toBe(401)
      const told = await Promise.all([workerUrl, url].map((each) => metricNames(`${each}/metrics`)))
      if (noCheckers === undefined) {
        const names = [...new Set(told.flat())]
        const asked = await metricsAskedFor()
        expect(names).toEqual(expect.arrayContaining([...asked]))
        const own = names.filter((name) => name.startsWith('freshet_'))
        expect(unwatched(own, asked)).toEqual([])
      }
      worker.signal('SIGKILL')
      await worker.ended
      await publish(url, post('after', 'bob'))
      const again = run('two', directory, 'worker', '--member', 'only', '--standbys', '0')
      await expect.poll(() => shown(url, 'ann'), POLL).toContain('after')
      again.signal('SIGTERM')
      expect((await again.ended).code).toBe(0)
      serve.signal('SIGTERM')
      expect((await serve.ended).code).toBe(0)
    },
    TEST_MS_MAX,
  )

  test(
    "what is published is written under the registry's ids",
    async () => {
      const up = run('ids', await temporaryDirectory(), 'up')
      const url = await up.printed(/listens at (http:\S+), on/)
      await publish(url, post('p1', 'bob'))
      const { schema } = publicContracts.posts
      const id = await new RegistryClient({ url: registry.url }).find('ids.posts-value', schema)
      const log = await openLog('ids')
      const ids: number[] = []
      for (let partition = 0; partition < PARTITIONS; partition++) {
        for (const { frame } of await log.read('posts', partition, 0, READ_BYTES_MAX)) {
          const cursor = new FrameCursor().over(frame)
          while (cursor.next()) ids.push(cursor.buffer.readUInt32BE(cursor.valueStart + 1))
        }
      }
      await log.close()
      expect(ids).toEqual([id])
    },
    TEST_MS_MAX,
  )

  test(
    'dead letters are listed, shown and sent again by `freshet dlq`',
    async () => {
      const directory = await temporaryDirectory()
      const up = run('letters', directory, 'up')
      await up.printed(/listens at (http:\S+), on/)
      const log = await openLog('letters')
      const frame = new FrameWriter()
      // A schema that the registry may know one day.
      const unknown = Buffer.from([0, 0x7f, 0, 0, 0, 1, 2, 3])
      frame.append(0, Buffer.from('ann'), 0, 3, unknown, 0, unknown.length)
      await log.append([{ topic: 'reactions', partition: 1, frame: frame.take() }])
      await log.close()
      const list = async (): Promise<Record<string, unknown>> =>
        lastJson(await run('letters', directory, 'dlq', 'list', '--json').ended)
      const place = expect.stringMatching(/^reactions\/1\/\d+$/) as unknown as string
      await expect
        .poll(list, POLL)
        .toMatchObject({ topics: { reactions: 1 }, letters: [{ id: place, code: 'DECODE_FAILED' }] })
      const [{ id }] = (await list())['letters'] as readonly [{ id: string }]
      const letter = lastJson(await run('letters', directory, 'dlq', 'show', id, '--json').ended)
      expect(letter).toMatchObject({ id, valueHex: unknown.toString('hex') })
      const replayed = await run('letters', directory, 'dlq', 'replay', 'reactions', '--json').ended
      expect(lastJson(replayed)).toEqual({ replayed: 1, ids: [id], refused: [] })
      // It is not known yet, and the record is put aside again.
      await expect.poll(list, POLL).toMatchObject({ topics: { reactions: 2 } })
    },
    TEST_MS_MAX,
  )

  test('a schema that others cannot read is refused, field by field', async () => {
    const schema = publicContracts.posts.schema as { readonly fields: readonly { readonly name: string }[] }
    const other = { ...schema, fields: [...schema.fields, { name: 'mood', type: 'string' }] }
    await new RegistryClient({ url: registry.url }).register('broken.posts-value', other)
    const { code, stderr } = await run('broken', await temporaryDirectory(), 'serve').ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^freshet: SCHEMA_REFUSED: broken\.posts-value: field mood was removed, .*keep it/)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test('what is missing is told on one line', async () => {
    const directory = await temporaryDirectory()
    const { stderr, code } = await new Spawned(directory, ['serve', '--redis', 'redis://127.0.0.1:1']).ended
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^freshet: CONFIG_INVALID: kafka\.brokers is missing/),
    ])
  })
})
