import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, createServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSettings } from '../../../cli/config/read.ts'
import { redisOptionsOf } from '../../../cli/config/services.ts'
import { RedisFeatureStore } from '../../../features/store/redis.ts'
import type { RedisStoreOptions } from '../../../features/store/redis/options.ts'
import { type Certificates, makeCertificates } from '../../../services/native/certificates.ts'
import { realServices } from '../../../services/index.ts'
import type { RedisOptions, RedisService } from '../../../services/port.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'

const noRedis = await missing('redis')
const noTls = await missing('secure-redis')
const PASSWORD = 'secret-of-tests'
/** For machines that run other tests meanwhile. */
const BUSY_MS_MAX = 20_000
/** For who never answers. */
const SILENT_MS_MAX = 500

const withRedis = async (options: RedisOptions, use: (redis: RedisService) => Promise<void>) => {
  const redis = await realServices.redis(options)
  try {
    await use(redis)
  } finally {
    await redis.stop()
  }
}

/** As processes are told: by variables of the environment. */
const optionsOf = async (
  url: string,
  told: Readonly<Record<string, string>>,
  answerMsMax = BUSY_MS_MAX,
): Promise<RedisStoreOptions> => {
  const environment = {
    FRESHET_REDIS_URLS: url,
    FRESHET_REDIS_ANSWER_MS_MAX: String(answerMsMax),
    FRESHET_TOPICS_PARTITIONS: '1',
    ...told,
  }
  const { settings } = await readSettings({ environment })
  return redisOptionsOf(settings, () => undefined)
}

/** Writes a position through one connection and reads it through another. */
const roundTrip = async (url: string, told: Readonly<Record<string, string>>) => {
  const options = await optionsOf(url, told)
  const writer = await RedisFeatureStore.open(options)
  await writer.apply({ store: 'user', partition: 0, sequence: 3, previous: 0, newest: 7, rows: [] })
  await writer.close()
  const reader = await RedisFeatureStore.open(options)
  const position = await reader.position('user', 0)
  await reader.close()
  return position
}

const refused = { code: 'FEATURES_UNAVAILABLE' }

describe.skipIf(noRedis !== undefined)(`Redis that asks who is there ${noRedis ?? ''}`, () => {
  let directory: string
  let certificates: Certificates

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'freshet-test-'))
    certificates = await makeCertificates(directory)
  }, START_MS_MAX)
  afterAll(() => rm(directory, { recursive: true, force: true }))

  const fileOf = async (pem: string): Promise<string> => {
    const file = join(directory, 'trusted.pem')
    await writeFile(file, pem)
    return file
  }

  test(
    'is written and read by who knows its password, and by nobody else',
    async () => {
      await withRedis({ password: PASSWORD }, async ({ port }) => {
        const url = `redis://127.0.0.1:${port}`
        expect(await roundTrip(url, { FRESHET_REDIS_PASSWORD: PASSWORD })).toEqual({ sequence: 3, newest: 7 })
        await expect(roundTrip(url, { FRESHET_REDIS_PASSWORD: 'wrong' })).rejects.toMatchObject(refused)
        await expect(roundTrip(url, {})).rejects.toMatchObject(refused)
      })
    },
    START_MS_MAX,
  )

  test.skipIf(noTls !== undefined)(
    `is written and read over TLS, by who trusts its certificate, and by nobody else ${noTls ?? ''}`,
    async () => {
      await withRedis({ password: PASSWORD, tls: true }, async ({ tls }) => {
        const url = `rediss://127.0.0.1:${tls!.port}`
        const password = { FRESHET_REDIS_PASSWORD: PASSWORD }
        const trusting = { ...password, FRESHET_REDIS_TLS_CA: await fileOf(tls!.authority) }
        expect(await roundTrip(url, trusting)).toEqual({ sequence: 3, newest: 7 })
        await expect(roundTrip(url, password)).rejects.toMatchObject(refused)
        const elsewhere = { ...trusting, FRESHET_REDIS_TLS_SERVER_NAME: 'elsewhere' }
        await expect(roundTrip(url, elsewhere)).rejects.toMatchObject(refused)
      })
    },
    START_MS_MAX,
  )

  test(
    'is checked by the name it is known by, of a cluster too',
    async () => {
      await withRedis({ tls: true }, async ({ tls }) => {
        const url = `rediss://localhost:${tls!.port}`
        const told = { FRESHET_REDIS_TLS_CA: await fileOf(tls!.authority), FRESHET_REDIS_CLUSTER: 'true' }
        const options = await optionsOf(url, told)
        const checked = new Set<string>()
        const checkServerIdentity = (host: string): undefined => {
          checked.add(host)
        }
        const opening = RedisFeatureStore.open({ ...options, tls: { ...options.tls, checkServerIdentity } })
        // It is no cluster.
        await expect(opening).rejects.toMatchObject(refused)
        expect([...checked]).toEqual(['localhost'])
      })
    },
    START_MS_MAX,
  )

  test(
    'is told the name that is asked for, and shown a certificate',
    async () => {
      const { authorityFile, certificateFile, keyFile, client } = certificates
      const heard: unknown[] = []
      const [cert, key, ca] = await Promise.all(
        [certificateFile, keyFile, authorityFile].map((file) => readFile(file)),
      )
      const own = { cert: cert!, key: key!, ca: ca! }
      const server = createServer(
        {
          ...own,
          requestCert: true,
          SNICallback: (name, found) => {
            heard.push(name)
            found(null, createSecureContext(own))
          },
        },
        (socket) => {
          heard.push(socket.getPeerCertificate().subject?.CN)
          socket.on('error', () => undefined)
        },
      )
      await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
      await writeFile(join(directory, 'shown.crt'), client.certificate)
      await writeFile(join(directory, 'shown.key'), client.key)
      const told = {
        FRESHET_REDIS_TLS_CA: authorityFile,
        FRESHET_REDIS_TLS_CERTIFICATE: join(directory, 'shown.crt'),
        FRESHET_REDIS_TLS_KEY: join(directory, 'shown.key'),
      }
      const url = `rediss://localhost:${(server.address() as AddressInfo).port}`
      await expect(RedisFeatureStore.open(await optionsOf(url, told, SILENT_MS_MAX))).rejects.toMatchObject(
        refused,
      )
      expect(heard.slice(0, 2)).toEqual(['localhost', 'client'])
      server.close()
    },
    START_MS_MAX,
  )
})
