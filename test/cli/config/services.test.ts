import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSettings } from '../../../cli/config/read.ts'
import type { Settings } from '../../../cli/config/schema.ts'
import { kafkaOptionsOf, registryOptionsOf } from '../../../cli/config/services.ts'
import { temporaryDirectory } from '../temporary.ts'

const settingsOf = async (environment: Readonly<Record<string, string>>): Promise<Settings> =>
  (await readSettings({ environment: { FRESHET_KAFKA_BROKERS: 'a:1,b:2', ...environment } })).settings

/** Files that hold their own names. */
const files = async <Name extends string>(...names: readonly Name[]): Promise<Record<Name, string>> => {
  const directory = await temporaryDirectory()
  const paths = names.map((name) => [name, join(directory, name)] as const)
  for (const [name, path] of paths) await writeFile(path, name)
  return Object.fromEntries(paths) as Record<Name, string>
}

describe('Kafka is reached', () => {
  test('without TLS or a login where none is set', async () => {
    expect(await kafkaOptionsOf(await settingsOf({ FRESHET_TOPICS_REPLICAS: '3' }))).toEqual({
      brokers: ['a:1', 'b:2'],
      prefix: '',
      clientId: 'freshet',
      replicas: 3,
      changelogPartitions: 12,
    })
  })

  test('over TLS, with what the files hold, the passphrase of the key and the name to look for', async () => {
    const { ca, crt, key } = await files('ca', 'crt', 'key')
    const settings = await settingsOf({
      FRESHET_KAFKA_TLS_ENABLED: 'true',
      FRESHET_KAFKA_TLS_CA: ca,
      FRESHET_KAFKA_TLS_CERTIFICATE: crt,
      FRESHET_KAFKA_TLS_KEY: key,
      FRESHET_KAFKA_TLS_KEY_PASSPHRASE: 'hush',
      FRESHET_KAFKA_TLS_SERVER_NAME: 'kafka.inside',
    })
    const { tls } = await kafkaOptionsOf(settings)
    expect(tls).toEqual({
      ca: 'ca',
      cert: 'crt',
      key: 'key',
      passphrase: 'hush',
      servername: 'kafka.inside',
    })
    const bare = await kafkaOptionsOf(await settingsOf({ FRESHET_KAFKA_TLS_ENABLED: 'true' }))
    expect(bare.tls).toEqual({})
  })

  test('by a user and a password, or by a token that is read when it is needed', async () => {
    const byPassword = await kafkaOptionsOf(
      await settingsOf({
        FRESHET_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
        FRESHET_KAFKA_SASL_USERNAME: 'ada',
        FRESHET_KAFKA_SASL_PASSWORD: 'hush',
      }),
    )
    expect(byPassword.sasl).toEqual({ mechanism: 'SCRAM-SHA-256', username: 'ada', password: 'hush' })
    const byToken = await kafkaOptionsOf(
      await settingsOf({
        FRESHET_KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
        FRESHET_KAFKA_SASL_TOKEN_FILE: '/not/there/yet',
      }),
    )
    expect(byToken.sasl).toEqual({ mechanism: 'OAUTHBEARER', tokenFile: '/not/there/yet' })
  })

  test('not at all where a file of it cannot be read', async () => {
    const settings = await settingsOf({
      FRESHET_KAFKA_TLS_ENABLED: 'true',
      FRESHET_KAFKA_TLS_CA: 'missing.pem',
    })
    await expect(kafkaOptionsOf(settings)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})

describe('a registry is reached', () => {
  test('where one is set, by a user, and trusted by who signed its certificate', async () => {
    expect(await registryOptionsOf(await settingsOf({}))).toBeNull()
    const plain = await settingsOf({ FRESHET_REGISTRY_URL: 'http://registry:8081' })
    expect(await registryOptionsOf(plain)).toEqual({ url: 'http://registry:8081' })
    const { ca } = await files('ca')
    const secure = await settingsOf({
      FRESHET_REGISTRY_URL: 'https://registry:8081',
      FRESHET_REGISTRY_CA: ca,
      FRESHET_REGISTRY_USERNAME: 'ada',
      FRESHET_REGISTRY_PASSWORD: 'hush',
    })
    expect(await registryOptionsOf(secure)).toEqual({
      url: 'https://registry:8081',
      ca: 'ca',
      username: 'ada',
      password: 'hush',
    })
  })

  test('not at all where the file of that cannot be read', async () => {
    const settings = await settingsOf({
      FRESHET_REGISTRY_URL: 'https://registry:8081',
      FRESHET_REGISTRY_CA: 'missing.pem',
    })
    await expect(registryOptionsOf(settings)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})
