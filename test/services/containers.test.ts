import { connect } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { containerEngine } from '../../services/containers/engine.ts'
import { containerServices } from '../../services/containers/index.ts'
import { prepareService, realServices, VARIANT_NAMES } from '../../services/index.ts'
import { ServiceUnavailable } from '../../services/port.ts'
import { temporaryDirectory } from '../cli/temporary.ts'

const TEST_MS_MAX = 300_000
/** Where npm cannot fetch the library, there is no telling whether an engine answers. */
const engine = await containerEngine().then(
  () => 'answers' as const,
  (error: unknown) => (error instanceof ServiceUnavailable ? ('absent' as const) : Promise.reject(error)),
)

afterEach(() => vi.unstubAllEnvs())

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

describe.runIf(engine === 'absent')('where no engine of containers answers', () => {
  test('services are processes, and asking for containers is told', async () => {
    vi.stubEnv('FRESHET_SERVICES', 'containers')
    await expect(prepareService('redis')).rejects.toBeInstanceOf(ServiceUnavailable)
    await expect(realServices.redis()).rejects.toThrow(/engine of containers|npm/)
  })
})

describe.runIf(engine === 'answers')('where an engine of containers answers', () => {
  test(
    'a service is a container that can be killed and started again at the same port',
    async () => {
      const redis = await containerServices.redis()
      expect(await listens(redis.port)).toBe(true)
      await redis.process.kill()
      expect(await listens(redis.port)).toBe(false)
      await redis.process.restart()
      expect(await listens(redis.port)).toBe(true)
      expect(redis.process.pid).toBeGreaterThan(0)
      await redis.stop()
    },
    TEST_MS_MAX,
  )
})

describe('what is a process only', () => {
  test.each(VARIANT_NAMES)('is missing where containers are asked for: %s', async (name) => {
    vi.stubEnv('FRESHET_SERVICES', 'containers')
    const told = expect.stringContaining(`${name} is started as processes only`)
    await expect(prepareService(name)).rejects.toMatchObject({ name: 'ServiceUnavailable', message: told })
  })

  test('is refused rather than started otherwise', async () => {
    vi.stubEnv('FRESHET_SERVICES', 'containers')
    await expect(realServices.redis({ tls: true })).rejects.toThrow('secure-redis')
    await expect(realServices.kafka({ secure: true })).rejects.toThrow('secure-kafka')
    await expect(realServices.redisCluster()).rejects.toThrow('redis-cluster')
  })

  test.each(VARIANT_NAMES)('is missing, and not a container, where no program is: %s', async (name) => {
    vi.stubEnv('PATH', '')
    vi.stubEnv('FRESHET_CACHE', await temporaryDirectory())
    await expect(prepareService(name)).rejects.toBeInstanceOf(ServiceUnavailable)
  })
})

test('programs that are missing are told where processes are asked for', async () => {
  vi.stubEnv('FRESHET_SERVICES', 'native')
  vi.stubEnv('PATH', '')
  vi.stubEnv('FRESHET_CACHE', await temporaryDirectory())
  for (const name of ['kafka', 'redis', 'registry'] as const) {
    await expect(prepareService(name)).rejects.toBeInstanceOf(ServiceUnavailable)
  }
})

test('what containers are not set up for, they say themselves', async () => {
  await expect(containerServices.redisCluster()).rejects.toBeInstanceOf(ServiceUnavailable)
  await expect(containerServices.kafka({ secure: true })).rejects.toBeInstanceOf(ServiceUnavailable)
})
