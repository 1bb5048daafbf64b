import { createPrivateKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FrameCursor, FrameWriter } from '../../../../engine/log/frame.ts'
import { KafkaLog } from '../../../../engine/log/kafka.ts'
import type { KafkaLogOptions } from '../../../../engine/log/kafka/options.ts'
import { realServices } from '../../../../services/index.ts'
import type { KafkaService, SecureKafka } from '../../../../services/port.ts'
import { missing, START_MS_MAX } from '../../../services/here.ts'

const noKafka = await missing('secure-kafka')
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

type Access = Pick<KafkaLogOptions, 'brokers' | 'tls' | 'sasl'>

describe.skipIf(noKafka !== undefined)(`Kafka that asks who is there ${noKafka ?? ''}`, () => {
  let kafka: KafkaService
  let secure: SecureKafka
  let logs = 0

  beforeAll(async () => {
    kafka = await realServices.kafka({ secure: true })
    secure = kafka.secure!
  }, START_MS_MAX)
  afterAll(() => kafka.stop())

  const open = (access: Access): Promise<KafkaLog> =>
    KafkaLog.open({ ...access, prefix: `secure-${logs++}.`, changelogPartitions: 1 })

  /** Appends a record, commits another with a session, and reads both. */
  const roundTrip = async (access: Access): Promise<string[]> => {
    const log = await open(access)
    try {
      await log.createTopics([{ name: 'notes', partitions: 1, retentionMs: Infinity }])
      await log.append([{ topic: 'notes', partition: 0, frame: frameOf('appended') }])
      const session = await log.session('task-0')
      const outputs = [{ topic: 'notes', partition: 0, frame: frameOf('committed') }]
      await session.commit({ positions: [], outputs, changelog: Buffer.from('rows') })
      return await readAll(log)
    } finally {
      await log.close()
    }
  }

  const tls = () => ({ ca: secure.authority })
  const withSasl = (mechanism: (typeof MECHANISMS)[number], password = secure.user.password) => ({
    mechanism,
    username: secure.user.username,
    password,
  })

  test('is written and read over TLS, by who has a certificate', async () => {
    const { certificate: cert, key } = secure.client
    const access = { brokers: [secure.tls], tls: { ...tls(), cert, key } }
    expect(await roundTrip(access)).toEqual(['appended', 'committed'])
  })

  test('is written and read by who has a certificate whose key is encrypted, and gives its passphrase', async () => {
    const { certificate: cert, key: plain } = secure.client
    const format = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc' } as const
    const key = createPrivateKey(plain)
      .export({ ...format, passphrase: 'of the key' })
      .toString()
    const access = (passphrase: string): Access => ({
      brokers: [secure.tls],
      tls: { ...tls(), cert, key, passphrase },
    })
    expect(await roundTrip(access('of the key'))).toEqual(['appended', 'committed'])
    await expect(open(access('another'))).rejects.toMatchObject({ code: 'LOG_REFUSED' })
  })

  test('is trusted by the name that it is to have, and not where its certificate bears another', async () => {
    const access = (servername: string): Access => ({
      brokers: [secure.saslTls],
      tls: { ...tls(), servername },
      sasl: withSasl('PLAIN'),
    })
    expect(await roundTrip(access('localhost'))).toEqual(['appended', 'committed'])
    await expect(open(access('kafka.elsewhere'))).rejects.toMatchObject({ code: 'LOG_REFUSED' })
  })

  test.each(MECHANISMS)('is written and read over TLS, by a user known by %s', async (mechanism) => {
    const access = { brokers: [secure.saslTls], tls: tls(), sasl: withSasl(mechanism) }
    expect(await roundTrip(access)).toEqual(['appended', 'committed'])
  })

  test.each(MECHANISMS)('is written and read without TLS, by a user known by %s', async (mechanism) => {
    const access = { brokers: [secure.sasl], sasl: withSasl(mechanism) }
    expect(await roundTrip(access)).toEqual(['appended', 'committed'])
  })

  test.each(MECHANISMS)('refuses a wrong password given by %s, at once', async (mechanism) => {
    const access = { brokers: [secure.saslTls], tls: tls(), sasl: withSasl(mechanism, 'wrong') }
    await expect(open(access)).rejects.toMatchObject({ code: 'LOG_REFUSED' })
  })

  test('is not trusted when another authority signed its certificate', async () => {
    const access = { brokers: [secure.saslTls], tls: {}, sasl: withSasl('PLAIN') }
    await expect(open(access)).rejects.toMatchObject({ code: 'LOG_REFUSED' })
  })

  test('refuses who has no certificate where one is asked for', async () => {
    const access = { brokers: [secure.tls], tls: tls() }
    await expect(open(access)).rejects.toMatchObject({ code: 'LOG_REFUSED' })
  })
})

const frameOf = (text: string) => {
  const frame = new FrameWriter()
  const value = Buffer.from(text)
  frame.append(0, value, 0, 0, value, 0, value.length)
  return frame.take()
}

const readAll = async (log: KafkaLog): Promise<string[]> => {
  const texts: string[] = []
  const cursor = new FrameCursor()
  for (let offset = 0; offset < log.endOffset('notes', 0);) {
    for (const { baseOffset, frame } of await log.read('notes', 0, offset, 1 << 20)) {
      cursor.over(frame)
      while (cursor.next()) texts.push(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd))
      offset = baseOffset + frame.count
    }
  }
  return texts
}
