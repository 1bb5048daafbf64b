import { describe, expect, test } from 'vitest'
import { RedisFeatureStore } from '../../../features/store/redis.ts'
import type { RedisStoreOptions } from '../../../features/store/redis/options.ts'
import { realServices } from '../../../services/index.ts'
import type { RedisOptions, RedisService } from '../../../services/port.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'

const noRedis = await missing('redis')
const PASSWORD = 'secret-of-tests'
/** For machines that run other tests meanwhile. */
const BUSY_MS_MAX = 20_000

const withRedis = async (options: RedisOptions, use: (redis: RedisService) => Promise<void>) => {
  const redis = await realServices.redis(options)
  try {
    await use(redis)
  } finally {
    await redis.stop()
  }
}

/** Writes a position through one connection and reads it through another. */
const roundTrip = async (port: number, access: Pick<RedisStoreOptions, 'password' | 'tls'>) => {
  const open = (): Promise<RedisFeatureStore> =>
    RedisFeatureStore.open({
      mode: 'single',
      nodes: [`127.0.0.1:${port}`],
      partitions: 1,
      timeToLiveMs: () => undefined,
      answerMsMax: BUSY_MS_MAX,
      ...access,
    })
  const writer = await open()
  await writer.apply({ store: 'user', partition: 0, sequence: 3, previous: 0, newest: 7, rows: [] })
  await writer.close()
  const reader = await open()
  const position = await reader.position('user', 0)
  await reader.close()
  return position
}

describe.skipIf(noRedis !== undefined)(`Redis that asks who is there ${noRedis ?? ''}`, () => {
  test(
    'is written and read by who knows its password, and by nobody else',
    async () => {
      await withRedis({ password: PASSWORD }, async ({ port }) => {
        expect(await roundTrip(port, { password: PASSWORD })).toEqual({ sequence: 3, newest: 7 })
        await expect(roundTrip(port, { password: 'wrong' })).rejects.toMatchObject({
          code: 'FEATURES_UNAVAILABLE',
        })
        await expect(roundTrip(port, {})).rejects.toMatchObject({ code: 'FEATURES_UNAVAILABLE' })
      })
    },
    START_MS_MAX,
  )

  test(
    'is written and read over TLS, by who trusts its certificate, and by nobody else',
    async () => {
      await withRedis({ password: PASSWORD, tls: true }, async ({ tls }) => {
        const { port, authority } = tls!
        const access = { password: PASSWORD, tls: { ca: authority } }
        expect(await roundTrip(port, access)).toEqual({ sequence: 3, newest: 7 })
        await expect(roundTrip(port, { password: PASSWORD, tls: {} })).rejects.toMatchObject({
          code: 'FEATURES_UNAVAILABLE',
        })
      })
    },
    START_MS_MAX,
  )
})
