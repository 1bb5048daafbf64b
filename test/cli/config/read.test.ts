import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { namedSettings } from '../../../cli/config/declare.ts'
import { type Environment, readSettings } from '../../../cli/config/read.ts'
import { declared } from '../../../cli/config/schema.ts'
import { settingLines, shownSettings } from '../../../cli/config/show.ts'
import { freshet, lastJson } from '../spawned.ts'
import { temporaryDirectory } from '../temporary.ts'

const fileOf = async (content: unknown): Promise<string> => {
  const file = join(await temporaryDirectory(), 'freshet.config.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

const reading = async (content: unknown, environment: Environment = {}) =>
  readSettings({ file: await fileOf(content), environment })

describe('settings', () => {
  test('are what the option says, else the environment, else the file, else the default', async () => {
    const file = await fileOf({
      kafka: { clientId: 'file', prefix: 'file' },
      serving: { port: 1, host: 'h' },
    })
    const environment = { FRESHET_KAFKA_CLIENT_ID: 'environment', FRESHET_SERVING_PORT: '2' }
    const { settings, origins } = await readSettings({ file, environment, options: { 'serving.port': '3' } })
    expect([settings.serving.port, origins.get('serving.port')]).toEqual([3, 'option'])
    expect([settings.kafka.clientId, origins.get('kafka.clientId')]).toEqual(['environment', 'environment'])
    expect([settings.kafka.prefix, origins.get('kafka.prefix')]).toEqual(['file', 'file'])
    expect([settings.topics.partitions, origins.get('topics.partitions')]).toEqual([12, 'default'])
  })

  test('of every kind are read from text', async () => {
    const { settings } = await readSettings({
      file: await fileOf({}),
      environment: {
        FRESHET_KAFKA_BROKERS: 'one:9092, two:9093',
        FRESHET_KAFKA_TLS_ENABLED: 'true',
        FRESHET_KAFKA_TLS_CA: 'ca.pem',
        FRESHET_REDIS_URLS: 'redis://one:6379/',
        FRESHET_REGISTRY_URL: 'http://registry:8081/apis/ccompat/v7/',
        FRESHET_TOPICS_PARTITIONS: '24',
        FRESHET_WORKER_MEMBER: '',
      },
    })
    expect(settings.kafka.brokers).toEqual(['one:9092', 'two:9093'])
    expect(settings.kafka.tls).toMatchObject({ enabled: true, ca: 'ca.pem', certificate: null, key: null })
    expect(settings.redis.urls).toEqual(['redis://one:6379'])
    expect(settings.registry.url).toBe('http://registry:8081/apis/ccompat/v7')
    expect(settings.topics.partitions).toBe(24)
    expect(settings.worker.member).toBeNull()
  })

  test('have a variable each, all different', () => {
    const variables = namedSettings(declared).map(({ variable }) => variable)
    expect(variables).toContain('FRESHET_TOPICS_MIN_IN_SYNC_REPLICAS')
    expect(new Set(variables).size).toBe(variables.length)
  })
})

describe('what is wrong is named, with what to give', () => {
  test.each([
    [
      { kafka: { brokers: ['localhost'] } },
      {},
      /kafka\.brokers is \["localhost"\].*give a list, each host:port/,
    ],
    [{ kafka: { brokers: 'localhost:9092' } }, {}, /kafka\.brokers is "localhost:9092".*give a list/],
    [{ kafka: { broker: [] } }, {}, /kafka\.broker is no setting: there are kafka\.brokers,/],
    [{ kafka: 1 }, {}, /kafka is a section: give an object/],
    [{ kafka: { sasl: { password: 'x' } } }, {}, /is a secret.*set FRESHET_KAFKA_SASL_PASSWORD/],
    [{ redis: { urls: ['redis://u:p@h:1'] } }, {}, /redis\.urls.*without user and password/],
    [{ redis: { urls: ['redis://h:1/3'] } }, {}, /redis\.urls.*nor a path after it/],
    [{ redis: { urls: ['redis://h:1?db=3'] } }, {}, /redis\.urls.*nor a path after it/],
    [{ redis: { urls: ['redis://h:0'] } }, {}, /redis\.urls is/],
    [
      { redis: { urls: ['redis://h:1', 'redis://i:1'] } },
      {},
      /redis\.urls names several: set redis\.cluster/,
    ],
    [
      { redis: { urls: ['rediss://h'], tls: { certificate: 'c' } } },
      {},
      /redis\.tls\.key is missing: a certificate and its key/,
    ],
    [
      { redis: { urls: ['redis://h'], tls: { ca: 'c' } } },
      {},
      /redis\.urls are not encrypted.*begin them with rediss:/,
    ],
    [{ topics: { partitions: 0 } }, {}, /topics\.partitions is 0.*whole number from 1 to/],
    [{ kafka: { transactionMsMax: 999 } }, {}, /kafka\.transactionMsMax is 999.*from 1000 to 900000/],
    [{ worker: { heartbeatMs: 49 } }, {}, /worker\.heartbeatMs is 49.*from 50 to 10000/],
    [{ worker: { missedHeartbeatsMax: 2 } }, {}, /worker\.missedHeartbeatsMax is 2.*from 3 to 40/],
    [
      {},
      { FRESHET_WORKER_COMMIT_INTERVAL_MS: '100ms' },
      /FRESHET_WORKER_COMMIT_INTERVAL_MS is "100ms".*from 10 to 10000/,
    ],
    [{ worker: { cacheBytesMax: '2GiB' } }, {}, /worker\.cacheBytesMax is "2GiB".*whole number/],
    [{ worker: { changelogBytesMax: 1 } }, {}, /worker\.changelogBytesMax is 1.*whole number from 16777216/],
    [
      { topics: { replicas: 1, minInSyncReplicas: 2 } },
      {},
      /topics\.minInSyncReplicas is more than topics\.replicas \(1\)/,
    ],
    [{ kafka: { sasl: { mechanism: 'PLAIN', username: 'u' } } }, {}, /set FRESHET_KAFKA_SASL_PASSWORD/],
    [{ kafka: { sasl: { username: 'u' } } }, {}, /kafka\.sasl\.mechanism is missing/],
    [{}, { FRESHET_KAFKA_SASL_PASSWORD: 'p' }, /kafka\.sasl\.mechanism is missing/],
    [
      { registry: { url: 'http://r' } },
      { FRESHET_REGISTRY_PASSWORD: 'p' },
      /registry\.username is missing: a password/,
    ],
    [{ kafka: { tls: { enabled: true, key: 'k' } } }, {}, /kafka\.tls\.certificate is missing/],
    [{}, { FRESHET_KAFKA_TLS_KEY_PASSPHRASE: 'p' }, /kafka\.tls\.key is missing: a passphrase/],
    [{ kafka: { tls: { serverName: 'k' } } }, {}, /kafka\.tls\.enabled is false/],
    [{ kafka: { sasl: { tokenFile: 't' } } }, {}, /kafka\.sasl\.mechanism is missing/],
    [{ kafka: { sasl: { mechanism: 'OAUTHBEARER' } } }, {}, /kafka\.sasl\.tokenFile is missing/],
    [
      { kafka: { sasl: { mechanism: 'OAUTHBEARER', tokenFile: 't', username: 'u' } } },
      {},
      /kafka\.sasl\.mechanism is OAUTHBEARER, which knows no user/,
    ],
    [
      { kafka: { sasl: { mechanism: 'PLAIN', username: 'u', tokenFile: 't' } } },
      { FRESHET_KAFKA_SASL_PASSWORD: 'p' },
      /kafka\.sasl\.tokenFile is named, but PLAIN/,
    ],
    [{ registry: { url: 'http://r', ca: 'ca.pem' } }, {}, /registry\.ca is named, but registry\.url is no/],
    [{}, { FRESHET_SERVING_PORT: 'http' }, /FRESHET_SERVING_PORT is "http".*0 to 65535/],
    [
      {},
      { FRESHET_KAFKA_BROKER: 'h:1' },
      /FRESHET_KAFKA_BROKER is no setting: there are FRESHET_KAFKA_BROKERS, /,
    ],
    ['{', {}, /is not JSON/],
    ['[]', {}, /give an object/],
  ])('%j with %j', async (content, environment, message) => {
    await expect(reading(content, environment)).rejects.toThrow(message)
  })

  test('all at once', async () => {
    const wrong = reading({ kafka: { prefix: '?' }, serving: { port: -1 } })
    await expect(wrong).rejects.toThrow(/kafka\.prefix.*; .*serving\.port/)
  })

  test('but a secret is not shown', async () => {
    const wrong = reading({}, { FRESHET_REDIS_PASSWORD: '  ' })
    await expect(wrong).rejects.toThrow(/FRESHET_REDIS_PASSWORD is not what it may be: give text/)
  })
})

describe('what is shown', () => {
  test('masks secrets and tells origins', async () => {
    const configured = await reading({ redis: { username: 'ada' } }, { FRESHET_REDIS_PASSWORD: 'hush' })
    const shown = shownSettings(configured)
    expect(shown.find(({ setting }) => setting === 'redis.password')).toMatchObject({
      value: '********',
      origin: 'environment',
    })
    const lines = settingLines(shown).join('\n')
    expect(lines).toMatch(/^redis\.username +ada +file +FRESHET_REDIS_USERNAME$/m)
    expect(lines).toMatch(/^serving\.port +8080 +default +FRESHET_SERVING_PORT$/m)
    expect(lines).not.toContain('hush')
  })

  test('says what each setting is for where it is asked to', async () => {
    const shown = shownSettings(await reading({}))
    const about = declared.worker.standbys.about
    expect(settingLines(shown).join('\n')).not.toContain(about)
    expect(settingLines(shown, true)).toContainEqual(
      expect.stringMatching(/^worker\.standbys +1 +default +FRESHET_WORKER_STANDBYS +Copies of .*\.$/),
    )
    const ended = await freshet(await temporaryDirectory(), 'config', '--verbose')
    for (const { setting } of namedSettings(declared)) expect(ended.stdout).toContain(`  ${setting.about}\n`)
  })

  test('is printed by `freshet config --json`', async () => {
    const ended = await freshet(await temporaryDirectory(), 'config', '--json', '--kafka', 'here:1')
    const { file, settings } = lastJson(ended)
    expect([ended.code, file]).toEqual([0, null])
    expect(settings).toContainEqual(
      expect.objectContaining({ setting: 'kafka.brokers', value: ['here:1'], origin: 'option' }),
    )
  })
})
