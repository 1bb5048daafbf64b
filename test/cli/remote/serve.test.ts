import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../../../cli/http/client.ts'
import { ensureTopics } from '../../../cli/topics/apply.ts'
import { CONFIG_FILE, readSettings } from '../../../cli/config/read.ts'
import type { Settings } from '../../../cli/config/schema.ts'
import { openSchemas, type Schemas } from '../../../cli/remote/registry.ts'
import { ServedStores } from '../../../cli/remote/stores.ts'
import { openData } from '../../../cli/runtime/open.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { openServed, type Served } from '../../../cli/serve.ts'
import { type CarryingWorker, startCarryingWorker } from '../../../cli/worker/carrying.ts'
import type { EngineError } from '../../../engine/errors.ts'
import type { KafkaLog } from '../../../engine/log/kafka.ts'
import { NO_METRICS } from '../../../engine/metrics.ts'
import { keyOf } from '../../../engine/key.ts'
import { DAY_MS } from '../../../schemas/ids.ts'
import { openEnvelope } from '../../../schemas/envelope.ts'
import { type Example, examples } from '../../../schemas/examples/index.ts'
import type { FeedAnswer } from '../../../serving/http/feed-schemas.ts'
import { realServices } from '../../../services/index.ts'
import type { KafkaService, RedisService, RegistryService } from '../../../services/port.ts'
import { everything } from '../../../topologies/index.ts'
import { sampleStream } from '../../models/training/sample.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'
import { lived } from '../../world/recorder.ts'
import { ndjson, post, reaction, tie } from '../community.ts'
import { freshet, lastJson } from '../spawned.ts'
import { temporaryDirectory } from '../temporary.ts'

const reason = (await missing('kafka')) ?? (await missing('redis')) ?? (await missing('registry'))
const TEST_MS_MAX = 120_000
const ROWS_MAX = 1_000_000
const LEARNED = 600

/** Appends an echo once more, and waits until the log's process has heard of it. */
const repeatEcho = async (log: KafkaLog): Promise<void> => {
  const topic = 'connections-reversed'
  for (let partition = 0; partition < log.partitions(topic); partition++) {
    const found = await log.read(topic, partition, 0, 1)
    const echo = found.find(({ frame }) => frame.count > 0)
    if (echo === undefined) continue
    const end = log.endOffset(topic, partition)
    await log.append([{ topic, partition, frame: echo.frame }])
    await expect.poll(() => log.endOffset(topic, partition), { timeout: 10_000 }).toBeGreaterThan(end)
    return
  }
  throw new Error('there is no echo')
}

describe.skipIf(reason !== undefined)(`freshet serve, with a worker ${reason ?? ''}`, () => {
  let kafka: KafkaService
  let redis: RedisService
  let registry: RegistryService
  let settings: Settings
  let schemas: Schemas
  let worker: CarryingWorker
  let errors: EngineError[]
  let served: Served
  let data: string

  beforeAll(async () => {
    ;[kafka, redis, registry] = await Promise.all([
      realServices.kafka(),
      realServices.redis(),
      realServices.registry(),
    ])
    data = await mkdtemp(join(tmpdir(), 'freshet-test-'))
    const configured = await readSettings({
      environment: {
        FRESHET_KAFKA_BROKERS: kafka.brokers.join(','),
        FRESHET_KAFKA_PREFIX: 'app.',
        FRESHET_REDIS_URLS: `redis://${redis.host}:${redis.port}`,
        FRESHET_REGISTRY_URL: registry.url,
        FRESHET_TOPICS_PARTITIONS: '3',
        FRESHET_SERVING_PORT: '0',
        FRESHET_SERVING_DATA: join(data, 'serving'),
        FRESHET_WORKER_DATA: join(data, 'worker'),
        FRESHET_WORKER_STANDBYS: '0',
      },
    })
    settings = configured.settings
    schemas = await openSchemas(settings)
    await ensureTopics(everything, settings)
    errors = []
    worker = await startWorker()
    served = await openServed(settings, schemas)
  }, START_MS_MAX)

  afterAll(async () => {
    await served.close()
    await worker.close()
    await Promise.all([kafka.stop(), redis.stop(), registry.stop()])
    await rm(data, { recursive: true, force: true })
  })

  const startWorker = (): Promise<CarryingWorker> =>
    startCarryingWorker({
      settings,
      schemas,
      clock: systemClock,
      metrics: NO_METRICS,
      failed: (error) => errors.push(error),
    })
  /** Everything published before is processed, committed and carried. */
  const settled = async (): Promise<void> => {
    for (let quiet = 0; quiet < 20;) {
      const { offsets, unknown } = await worker.carryLag()
      // What was published is known to who published it; what follows from that, to the worker.
      const isQuiet = served.backend.isSettled && worker.running.status().settled && offsets + unknown === 0
      quiet = isQuiet ? quiet + 1 : 0
      await sleep(10)
    }
  }
  const publish = async (text: string): Promise<{ accepted: number }> => {
    const body = { type: 'application/x-ndjson', bytes: Buffer.from(text) }
    const answer = await ask(`${served.url}/v1/events`, body)
    expect(answer.body).toMatchObject({ refused: [] })
    return answer.body as { accepted: number }
  }
  const feed = async (userId: string): Promise<FeedAnswer> => {
    const { status, body } = await ask(`${served.url}/v1/feed?userId=${userId}&limit=20&preview=true`)
    expect([status, body]).toEqual([200, body])
    return body as FeedAnswer
  }

  test(
    'an event that is posted is in a feed a moment later, by way of Kafka, a worker and Redis',
    async () => {
      await expect
        .poll(() => feed('ann').catch(() => null), { timeout: 30_000 })
        .toMatchObject({ meta: { degraded: [] } })
      await publish(ndjson([tie('ann', 'bob', 'follow'), post('first', 'bob')]))
      const shown = async (): Promise<readonly string[]> =>
        (await feed('ann')).items.map(({ postId }) => postId)
      await expect.poll(shown, { timeout: 30_000 }).toContain('first')
      await publish(ndjson([reaction('ann', 'first', 'bob', 'like')]))
      await settled()
      const features = await ask(`${served.url}/admin/v1/features/user-author?key=ann&key=bob`)
      expect(features.body).toMatchObject({ known: true })
      expect((await feed('ann')).meta.degraded).toEqual([])
      expect(errors).toEqual([])
    },
    TEST_MS_MAX,
  )

  test('a block counts as soon as it is accepted', async () => {
    await publish(ndjson([tie('eve', 'fay', 'follow'), post('of-fay', 'fay')]))
    const shown = async (): Promise<readonly string[]> =>
      (await feed('eve')).items.map((item) => item.authorId)
    await expect.poll(shown, { timeout: 30_000 }).toContain('fay')
    await publish(ndjson([tie('fay', 'eve', 'block')]))
    expect(await shown()).not.toContain('fay')
    await settled()
    expect(await shown()).not.toContain('fay')
    await expect.poll(() => served.backend.restrictions.size, { timeout: 10_000 }).toBe(0)
  })

  test(
    'a process that is ready answers its first feed, though echoes wait that came since; one that starts over events that nobody has processed is ready later',
    async () => {
      await settled()
      const answerOf = async ({ url }: Served, path: string): Promise<unknown> => {
        const { status, body } = await ask(`${url}${path}`)
        return [status, (body as { code?: string }).code]
      }
      const started: Served[] = []
      const start = async (): Promise<Served> => {
        started.push(await openServed(settings, schemas))
        return started.at(-1)!
      }
      try {
        const another = await start()
        await expect.poll(() => answerOf(another, '/readyz'), { timeout: 30_000 }).toEqual([200, undefined])
        await worker.close()
        await repeatEcho(another.backend.log)
        expect(await answerOf(another, '/readyz')).toEqual([200, undefined])
        expect(await answerOf(another, '/v1/feed?userId=eve')).toEqual([200, undefined])

        await publish(ndjson([tie('gil', 'hal', 'block')]))
        const late = await start()
        await expect.poll(() => late.backend.progress.isHeard, { timeout: 30_000 }).toBe(true)
        expect(await answerOf(late, '/healthz')).toEqual([200, undefined])
        expect(await answerOf(late, '/readyz')).toEqual([503, 'NOT_READY'])
        expect(await answerOf(late, '/v1/feed?userId=eve')).toEqual([503, 'CATCHING_UP'])
        worker = await startWorker()
        await expect.poll(() => answerOf(late, '/readyz'), { timeout: 60_000 }).toEqual([200, undefined])
        expect(await answerOf(late, '/v1/feed?userId=eve')).toEqual([200, undefined])
      } finally {
        for (const each of started) await each.close()
      }
    },
    TEST_MS_MAX,
  )

  test('a replay to it does not say how many events were late, known or put aside: workers count them', async () => {
    await writeFile(join(data, 'some.ndjson'), ndjson([post('replayed', 'bob')]))
    const json = lastJson(await freshet(data, 'replay', 'some.ndjson', '--to', served.url, '--json'))
    expect(json).toMatchObject({ accepted: 1, late: null, duplicates: null, dead_letters: null })
  })

  test('what breaks its contract is refused', async () => {
    const bytes = Buffer.from(JSON.stringify({ topic: 'posts', value: { postId: 'x' } }))
    const { status, body } = await ask(`${served.url}/v1/events`, { type: 'application/json', bytes })
    expect([status, body]).toMatchObject([400, { code: 'EVENTS_REFUSED' }])
  })

  test(
    'a trainer learns what lies on Kafka, beside what serves it, and goes on from where it was',
    async () => {
      const { kafka: onKafka, serving } = settings
      const { brokers, prefix } = onKafka
      const told = { kafka: { brokers, prefix }, serving: { data: serving.data } }
      // It lies where it is looked for: nobody need name it.
      await writeFile(join(data, CONFIG_FILE), JSON.stringify(told))
      const append = async (some: readonly Example[]): Promise<void> => {
        const publisher = served.backend.publisher()
        for (const value of some) publisher.add({ contract: examples, value })
        await publisher.flush()
      }
      const learned = async (): Promise<unknown> => {
        const run = await freshet(data, 'train', '--once', '--json')
        expect(run.stderr).toBe('')
        return lastJson(run)
      }
      const given = sampleStream(LEARNED + 1, 11)
      await append(given.slice(0, LEARNED))
      expect(await learned()).toMatchObject({ progress: { examples: LEARNED, undecodable: 0 } })
      await append(given.slice(LEARNED))
      expect(await learned()).toMatchObject({ progress: { examples: 1 } })
      const { records } = lastJson(await freshet(data, 'model', 'list', '--data', serving.data, '--json'))
      expect(records).toContainEqual(expect.objectContaining({ model: 'heavy', examples: LEARNED }))
    },
    TEST_MS_MAX,
  )

  test(
    'a world leads to the same rows as it does in one process, byte for byte',
    async () => {
      const { recorder } = await lived({ startAt: Date.now() - 3 * DAY_MS })
      await publish(recorder.lines.map((line) => `${line}\n`).join(''))
      await settled()

      const { embedded } = await openData({ data: await temporaryDirectory(), partitions: 1 })
      await embedded.publish(recorder.lines.map((line) => openEnvelope(JSON.parse(line) as never)))
      await embedded.settled()
      let compared = 0
      for (const name of new ServedStores(everything).names()) {
        const [store] = (await embedded.worker.stores(name)) ?? []
        const rows = await store!.scan({ limit: ROWS_MAX })
        const remote = await served.backend.rows.readMany(
          name,
          rows.map(({ key }) => key),
        )
        for (const [index, { key, value }] of rows.entries()) {
          expect(`${name} ${key.toString('latin1')} ${remote[index]?.toString('hex')}`).toBe(
            `${name} ${key.toString('latin1')} ${value.toString('hex')}`,
          )
        }
        compared += rows.length
      }
      expect(compared).toBeGreaterThan(4_000)
      await embedded.close()
    },
    TEST_MS_MAX,
  )

  test(
    'emptied at once, Redis is filled anew by workers, from nothing published; meanwhile feeds are answered, say what they lack or that they catch up, and a block counts',
    async () => {
      await settled()
      const page = async (): Promise<unknown> => {
        const { items, meta } = await feed('ann')
        return [items.length, meta.degraded]
      }
      await expect.poll(page, { timeout: 30_000 }).toEqual([20, []])
      const { progress } = served.backend
      /** What was answered of less than there is, without a word. */
      const untold: unknown[] = []
      const told = new Set<string>()
      const lookAtPage = async (): Promise<unknown> => {
        const { status, body } = await ask(`${served.url}/v1/feed?userId=ann&limit=20&preview=true`)
        if (status !== 200) return status
        const { items, meta } = body as FeedAnswer
        for (const { reason } of meta.degraded) told.add(reason)
        const isSilent = items.length < 20 && meta.degraded.length === 0
        if (isSilent) untold.push([items.length, progress.lackedMs()])
        return [items.length, meta.degraded]
      }
      const client = new Redis(redis.port, redis.host)
      const rows = await client.dbsize()
      await client.flushall()
      const codes = new Set<unknown>()
      const look = async (): Promise<number> => {
        const { status, body } = await ask(`${served.url}/v1/feed?userId=eve&limit=20&preview=true`)
        if (status === 200) {
          expect((body as FeedAnswer).items.map(({ authorId }) => authorId)).not.toContain('fay')
        } else codes.add((body as { readonly code: string }).code)
        await lookAtPage()
        return client.dbsize()
      }
      await expect.poll(look, { timeout: 60_000 }).toBe(rows)
      // Whoever reads rows before it is known that they are lost is told so at once.
      expect(codes).toContain('CATCHING_UP')
      expect(['CATCHING_UP', 'STAGE_FAILED', 'FEATURES_LOST']).toEqual(expect.arrayContaining([...codes]))
      client.disconnect()
      // That there was nothing may be near for as long as the near cache allows.
      await expect.poll(lookAtPage, { timeout: 30_000 }).toEqual([20, []])
      expect(told).toContain('FEATURES_LOST')
      expect(untold).toEqual([])
    },
    TEST_MS_MAX,
  )

  test(
    'while Redis is away, feeds are answered from what is near, and say so; when it comes back empty, rows are written anew',
    async () => {
      await publish(ndjson([post('second', 'bob')]))
      const shown = async (): Promise<readonly string[]> =>
        (await feed('ann')).items.map(({ postId }) => postId)
      await expect.poll(shown, { timeout: 30_000 }).toContain('second')
      await redis.process.kill()
      const during = await feed('ann')
      expect(during.meta.degraded).toContainEqual({ stage: 'features', reason: 'FEATURES_UNAVAILABLE' })
      expect(during.items.map(({ postId }) => postId)).toContain('second')
      await publish(ndjson([post('meanwhile', 'bob')]))
      await redis.process.restart()
      const key = keyOf('meanwhile')
      const carried = async (): Promise<boolean> => {
        const [row] = await served.backend.rows.readMany('post-attributes', [key]).catch(() => [])
        return row !== undefined
      }
      await expect.poll(carried, { timeout: 60_000 }).toBe(true)
      // What was near before may be as old as the near cache allows.
      await expect.poll(shown, { timeout: 30_000 }).toContain('meanwhile')
    },
    TEST_MS_MAX,
  )

  test(
    'while Redis refuses what is carried, for its memory is full, feeds say that features stand still',
    async () => {
      const limitMemory = async (bytes: number): Promise<void> => {
        const direct = new Redis({ host: redis.host, port: redis.port })
        await direct.config('SET', 'maxmemory', bytes)
        direct.disconnect()
      }
      const degraded = async (): Promise<unknown> => (await feed('ann')).meta.degraded
      await settled()
      await expect.poll(degraded, { timeout: 30_000 }).toEqual([])
      await limitMemory(1)
      await publish(ndjson([post('refused', 'bob')]))
      await expect
        .poll(degraded, { timeout: 60_000, interval: 500 })
        .toContainEqual({ stage: 'features', reason: 'STALLED' })
      const metrics = await (await fetch(`${served.url}/metrics`)).text()
      expect(metrics).toMatch(/^freshet_redis_memory_bytes{of="limit"} 1$/m)
      expect(metrics).toMatch(/^freshet_redis_memory_bytes{of="used"} \d{5,}$/m)
      await limitMemory(0)
      const shown = async (): Promise<readonly string[]> =>
        (await feed('ann')).items.map(({ postId }) => postId)
      await expect.poll(shown, { timeout: 30_000 }).toContain('refused')
      // What says how far rows are comes after the rows.
      await expect.poll(degraded, { timeout: 30_000 }).toEqual([])
    },
    TEST_MS_MAX,
  )

  test(
    'it starts while Redis is away: alive and not ready, it takes events, and feeds are answered once Redis is back',
    async () => {
      await redis.process.kill()
      const another = await openServed(settings, schemas)
      try {
        const answerOf = async (path: string): Promise<unknown> => {
          const { status, body } = await ask(`${another.url}${path}`)
          return [status, (body as { code?: string }).code]
        }
        expect(await answerOf('/healthz')).toEqual([200, undefined])
        expect(await answerOf('/readyz')).toEqual([503, 'NOT_READY'])
        expect(await answerOf('/v1/feed?userId=ann')).toEqual([503, 'CATCHING_UP'])
        await publish(ndjson([post('while-away', 'bob')]))
        await redis.process.restart()
        await expect.poll(() => answerOf('/readyz'), { timeout: 30_000 }).toEqual([200, undefined])
        const shown = async (): Promise<readonly string[]> => {
          const { status, body } = await ask(`${another.url}/v1/feed?userId=ann&limit=50&preview=true`)
          return status === 200 ? (body as FeedAnswer).items.map(({ postId }) => postId) : []
        }
        await expect.poll(shown, { timeout: 60_000 }).toContain('while-away')
      } finally {
        await another.close()
      }
    },
    TEST_MS_MAX,
  )
})
