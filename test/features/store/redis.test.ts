import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { partitionOf } from '../../../engine/hash.ts'
import { keyOf } from '../../../engine/key.ts'
import { RedisFeatureStore } from '../../../features/store/redis.ts'
import type { RedisStoreOptions } from '../../../features/store/redis/options.ts'
import { BEGIN_CLEARING } from '../../../features/store/redis/script.ts'
import { realServices } from '../../../services/index.ts'
import type { RedisClusterService, RedisService } from '../../../services/port.ts'
import {
  FEATURE_PARTITIONS,
  FEATURE_VIEWS,
  featureStoreConformance,
  type FeatureStoreFixture,
} from '../../conformance/feature-store.ts'
import { refusal } from '../../conformance/log-subject.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'

const noRedis = await missing('redis')
const noCluster = await missing('redis-cluster')
const [VIEW] = FEATURE_VIEWS
const HOUR_MS = 3_600_000
/** For machines that run other tests meanwhile. */
const BUSY_MS_MAX = 20_000

const optionsOf = (
  mode: RedisStoreOptions['mode'],
  nodes: readonly RedisService[],
  options: Partial<RedisStoreOptions> = {},
): RedisStoreOptions => ({
  mode,
  nodes: nodes.map(({ host, port }) => `${host}:${port}`),
  partitions: FEATURE_PARTITIONS,
  timeToLiveMs: () => undefined,
  answerMsMax: BUSY_MS_MAX,
  ...options,
})

const fixtureOf = async (
  mode: RedisStoreOptions['mode'],
  nodes: readonly RedisService[],
): Promise<FeatureStoreFixture> => {
  const open = (): Promise<RedisFeatureStore> => RedisFeatureStore.open(optionsOf(mode, nodes))
  const lose = async (): Promise<void> => {
    for (const node of nodes) await asked(node, (redis) => redis.flushall())
  }
  await lose()
  const reader = await open()
  return {
    reader,
    apply: (changes) => reader.apply(changes),
    reopen: open,
    lose,
    dispose: () => reader.close(),
  }
}

/** Asks a node directly. */
const asked = async <Answer>(
  { host, port }: RedisService,
  ask: (redis: Redis) => Promise<Answer>,
): Promise<Answer> => {
  const redis = new Redis({ host, port })
  try {
    return await ask(redis)
  } finally {
    redis.disconnect()
  }
}

/** The change that puts one row. */
const putting = (key: Buffer, text: string, sequence: number) => ({
  store: VIEW.name,
  partition: partitionOf(key, 0, key.length, FEATURE_PARTITIONS),
  sequence,
  previous: sequence - 1,
  newest: sequence,
  rows: [[key, Buffer.concat([Buffer.from([VIEW.version]), Buffer.from(text)])]] as const,
})

/** What those who follow changelogs, and readers of more than views, need of it. */
const followedRows = (modeOf: () => [RedisStoreOptions['mode'], readonly RedisService[]]): void => {
  const open = (prefix: string): Promise<RedisFeatureStore> =>
    RedisFeatureStore.open(optionsOf(...modeOf(), { prefix }))

  test('rows of any store are read as they are, in the order asked', async () => {
    const store = await open('any.')
    await store.apply(putting(keyOf('a'), 'one', 1))
    const rows = await store.readRows(VIEW.name, [keyOf('none'), keyOf('a')])
    expect(rows).toEqual([null, Buffer.from(`${String.fromCharCode(VIEW.version)}one`)])
    const { partition } = putting(keyOf('a'), '', 1)
    expect(await store.readRow(VIEW.name, partition, keyOf('a'))).toEqual(rows[1])
    expect(await store.readRow(VIEW.name, partition, keyOf('none'))).toBeNull()
    await store.close()
  })

  test('rows that were lost are not read as ones that never were, by whoever knew how far they stood', async () => {
    const [writer, reader, watcher, stranger] = await Promise.all(
      Array.from({ length: 4 }, () => open('lost.')),
    )
    const [key, read] = [keyOf('a'), [keyOf('none'), keyOf('a')]]
    for (const sequence of [1, 2]) await writer!.apply(putting(key, `row ${sequence}`, sequence))
    await reader!.readRows(VIEW.name, read)
    await watcher!.positions([putting(key, '', 2)])
    for (const node of modeOf()[1]) await asked(node, (redis) => redis.flushall())
    // Some of it comes again, as where another node takes over that lacks the last of it.
    for (const sequence of [0, 1]) {
      if (sequence > 0) await writer!.apply(putting(key, 'row 1', sequence))
      for (const each of [reader!, watcher!]) {
        await expect(each.readRows(VIEW.name, read)).rejects.toEqual(refusal('FEATURES_LOST'))
      }
    }
    expect(await stranger!.readRows(VIEW.name, read)).toHaveLength(2)
    reader!.takeAsItStands()
    expect((await reader!.readRows(VIEW.name, read))[1]).toEqual(putting(key, 'row 1', 1).rows[0][1])
    await writer!.apply(putting(key, 'row 2', 2))
    expect((await watcher!.readRows(VIEW.name, read))[1]).toEqual(putting(key, 'row 2', 2).rows[0][1])
    await Promise.all([writer, reader, watcher, stranger].map((each) => each!.close()))
  })

  test('a partition of a store is cleared, and nothing beside it', async () => {
    const store = await open('clear*.')
    const other = await open('clearer.')
    const first = putting(keyOf('a'), 'one', 1)
    const kept = { ...first, partition: (first.partition + 1) % FEATURE_PARTITIONS }
    for (const each of [store, other]) {
      await each.apply(first)
      await each.apply(kept)
      await each.apply({ ...first, store: 'beside' })
    }
    await store.clear(VIEW.name, first.partition)
    expect(await store.position(VIEW.name, first.partition)).toEqual({ sequence: 0, newest: -1 })
    expect(await store.readRow(VIEW.name, first.partition, keyOf('a'))).toBeNull()
    expect(await store.readRow(VIEW.name, kept.partition, keyOf('a'))).not.toBeNull()
    expect(await store.readRow('beside', first.partition, keyOf('a'))).not.toBeNull()
    expect(await other.readRow(VIEW.name, first.partition, keyOf('a'))).not.toBeNull()
    await store.apply(first)
    expect((await store.position(VIEW.name, first.partition)).sequence).toBe(1)
    await store.close()
    await other.close()
  })
}

describe.skipIf(noRedis !== undefined)(`Redis ${noRedis ?? ''}`, () => {
  let redis: RedisService

  beforeAll(async () => {
    redis = await realServices.redis()
  }, START_MS_MAX)
  afterAll(() => redis.stop())

  featureStoreConformance('Redis', () => fixtureOf('single', [redis]))
  followedRows(() => ['single', [redis]])

  test('while a store is cleared nothing is written to it, and nobody else clears it, until the clearer is dead', async () => {
    const store = await RedisFeatureStore.open(optionsOf('single', [redis], { prefix: 'cleared.' }))
    const change = putting(keyOf('a'), 'one', 1)
    const position = `cleared.{${VIEW.name}.${change.partition}}`
    await asked(redis, (direct) => direct.eval(BEGIN_CLEARING, 1, position))
    await expect(store.apply(change)).rejects.toEqual(refusal('FEATURES_UNAVAILABLE'))
    await expect(store.clear(VIEW.name, change.partition)).rejects.toEqual(refusal('FEATURES_UNAVAILABLE'))
    const cleared = { sequence: 0, newest: -1, isClearing: true }
    expect(await store.position(VIEW.name, change.partition)).toEqual(cleared)
    await asked(redis, (direct) => direct.set(position, 'clearing 1'))
    await store.clear(VIEW.name, change.partition)
    await store.apply(change)
    await store.close()
  })

  test('a row lives as long as its view says, a position for ever', async () => {
    const store = await RedisFeatureStore.open(
      optionsOf('single', [redis], { prefix: 'live.', timeToLiveMs: () => HOUR_MS }),
    )
    await store.apply(putting(keyOf('a'), 'x', 1))
    const lives = await asked(redis, async (direct) =>
      Promise.all((await direct.keys('live.*')).toSorted().map((key) => direct.pttl(key))),
    )
    expect(lives[0]).toBe(-1)
    expect(lives[1]).toBeGreaterThan(HOUR_MS - 60_000)
    expect(lives[1]).toBeLessThanOrEqual(HOUR_MS)
    await store.close()
  })

  test('a row that lasts has no time to live, though its store has one, until another takes its place', async () => {
    const isLasting = (_store: string, row: Buffer): boolean => row.toString('latin1', 1) === 'forbidden'
    const store = await RedisFeatureStore.open(
      optionsOf('single', [redis], { prefix: 'lasting.', timeToLiveMs: () => HOUR_MS, isLasting }),
    )
    const ofOne = keyOf('user', 'one')
    const ofTwo = keyOf('user', 'two')
    const put = async (sequence: number, one: string, two: string): Promise<readonly number[]> => {
      const change = putting(ofOne, one, sequence)
      await store.apply({ ...change, rows: [...change.rows, ...putting(ofTwo, two, sequence).rows] })
      const tag = `lasting.{${VIEW.name}.${change.partition}}:`
      const lives = [ofOne, ofTwo].map((key) => Buffer.concat([Buffer.from(tag), key]))
      return asked(redis, (direct) => Promise.all(lives.map((key) => direct.pttl(key))))
    }
    expect(await put(1, 'allowed', 'forbidden')).toEqual([expect.closeTo(HOUR_MS, -5), -1])
    expect(await put(2, 'forbidden', 'allowed')).toEqual([-1, expect.closeTo(HOUR_MS, -5)])
    await store.close()
  })

  test('without an answer reads and writes fail at once or in time; once it is back, they go on', async () => {
    const own = await realServices.redis()
    const store = await RedisFeatureStore.open(optionsOf('single', [own], { answerMsMax: 300 }))
    await store.apply(putting(keyOf('a'), 'one', 1))
    own.process.freeze()
    await expect(store.readMany(VIEW, [keyOf('a')])).rejects.toEqual(refusal('FEATURES_UNAVAILABLE'))
    await expect(store.apply(putting(keyOf('a'), 'two', 2))).rejects.toEqual(refusal('FEATURES_UNAVAILABLE'))
    own.process.thaw()
    await expect
      .poll(() => store.apply(putting(keyOf('a'), 'two', 2)).then(() => 'applied', String))
      .toBe('applied')
    await own.process.restart()
    await expect.poll(() => store.position(VIEW.name, 0).then(({ sequence }) => sequence, String)).toBe(0)
    await expect(store.apply(putting(keyOf('a'), 'three', 3))).rejects.toEqual(refusal('FEATURES_LOST'))
    await store.close()
    await own.stop()
  })

  test('with its memory full a change is refused whole', async () => {
    const own = await realServices.redis({ memoryBytesMax: 4 << 20 })
    const store = await RedisFeatureStore.open(optionsOf('single', [own]))
    const text = 'x'.repeat(256 << 10)
    let applied = 0
    const filling = async (): Promise<void> => {
      for (;;) {
        await store.apply(putting(keyOf('user', `${applied + 1}`), text, applied + 1))
        applied++
      }
    }
    await expect(filling()).rejects.toEqual(refusal('FEATURES_UNAVAILABLE'))
    expect(applied).toBeGreaterThan(2)
    const { partition } = putting(keyOf('user', '1'), text, 1)
    expect(await store.position(VIEW.name, partition)).toMatchObject({ sequence: applied })
    const { starts, ends } = await store.readMany(VIEW, [keyOf('user', `${applied + 1}`)])
    expect(starts[0]).toBe(ends[0])
    await store.close()
    await own.stop()
  })

  test('a server that is not there is told', async () => {
    const own = await realServices.redis()
    await own.stop()
    await expect(RedisFeatureStore.open(optionsOf('single', [own]))).rejects.toEqual(
      refusal('FEATURES_UNAVAILABLE'),
    )
  })
})

describe.skipIf(noCluster !== undefined)(`Redis Cluster ${noCluster ?? ''}`, () => {
  let cluster: RedisClusterService

  beforeAll(async () => {
    cluster = await realServices.redisCluster()
  }, START_MS_MAX)
  afterAll(() => cluster.stop())

  featureStoreConformance('Redis Cluster', () => fixtureOf('cluster', cluster.nodes))
  followedRows(() => ['cluster', cluster.nodes])

  test('partitions spread over the nodes', async () => {
    const fixture = await fixtureOf('cluster', cluster.nodes)
    const { reader } = fixture
    for (let at = 0; at < 200; at++) {
      const key = keyOf(`key ${at}`)
      const { partition } = putting(key, 'x', 1)
      const { sequence } = await reader.position(VIEW.name, partition)
      await reader.apply({ ...putting(key, 'x', sequence + 1), previous: sequence })
    }
    const sizes = await Promise.all(cluster.nodes.map((node) => asked(node, (redis) => redis.dbsize())))
    expect(sizes.filter((size) => size > 0).length).toBeGreaterThan(1)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(200 + FEATURE_PARTITIONS)
    await fixture.dispose()
  })
})
