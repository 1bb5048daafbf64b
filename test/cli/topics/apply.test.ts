import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KafkaAdmin } from '../../../engine/log/kafka/admin.ts'
import { KafkaLog } from '../../../engine/log/kafka.ts'
import { realServices } from '../../../services/index.ts'
import type { KafkaService } from '../../../services/port.ts'
import { everything } from '../../../topologies/index.ts'
import { topicSpecs } from '../../../cli/topics/wanted.ts'
import { readSettings } from '../../../cli/config/read.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'
import { lastJson, Spawned } from '../spawned.ts'
import { temporaryDirectory } from '../temporary.ts'

const noKafka = await missing('kafka')
const TEST_MS_MAX = 60_000
const PREFIX = 'shop.'

describe.skipIf(noKafka !== undefined)(`freshet topics apply ${noKafka ?? ''}`, () => {
  let kafka: KafkaService

  beforeAll(async () => {
    kafka = await realServices.kafka()
  }, START_MS_MAX)
  afterAll(() => kafka.stop())

  const environment = (more: Record<string, string> = {}): Record<string, string> => ({
    FRESHET_KAFKA_BROKERS: kafka.brokers.join(','),
    FRESHET_KAFKA_PREFIX: PREFIX,
    FRESHET_TOPICS_PARTITIONS: '2',
    ...more,
  })
  const apply = async (more: Record<string, string>, ...args: readonly string[]) =>
    new Spawned(await temporaryDirectory(), ['topics', 'apply', ...args], environment(more)).ended

  test(
    'plans, makes, finds nothing left to do, changes what was changed, and tells drift',
    async () => {
      const planned = await apply({}, '--json')
      expect([planned.code, lastJson(planned)['applied']]).toEqual([3, false])
      const wanted = (lastJson(planned)['create'] as readonly { name: string }[]).length
      expect(wanted).toBeGreaterThan(20)

      const made = await apply({}, '--yes')
      expect(made.stdout).toMatch(new RegExp(`^${wanted} to create, 0 to change, 0 drifted`, 'm'))
      expect(made.code).toBe(0)

      const again = await apply({}, '--json')
      expect(again.code).toBe(0)
      expect(lastJson(again)).toMatchObject({ create: [], change: [], drift: [], unchanged: wanted })

      const longer = await apply({ FRESHET_TOPICS_RETENTION_DAYS: '9' }, '--yes')
      expect(longer.stdout).toMatch(/change {2}shop\.posts {2}retention\.ms 604800000 -> 777600000/)
      expect((await apply({ FRESHET_TOPICS_RETENTION_DAYS: '9' })).code).toBe(0)

      const wider = await apply(
        { FRESHET_TOPICS_PARTITIONS: '5', FRESHET_TOPICS_RETENTION_DAYS: '9' },
        '--yes',
      )
      expect(wider.code).toBe(3)
      expect(wider.stdout).toMatch(/drift {3}shop\.posts {2}partitions is 2, wanted 5\. Keys would/)
    },
    TEST_MS_MAX,
  )

  test('refuses more replicas than there are brokers for what is to be made', async () => {
    const { code, stderr } = await apply({ FRESHET_TOPICS_REPLICAS: '3', FRESHET_KAFKA_PREFIX: 'new.' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^freshet: CONFIG_INVALID: topics\.replicas is 3, but there are 1 brokers/)
  })

  test('makes what a log takes for its own', async () => {
    await apply({}, '--yes')
    const { settings } = await readSettings({ environment: environment() })
    const log = await KafkaLog.open({ brokers: kafka.brokers, prefix: PREFIX, changelogPartitions: 2 })
    await log.createTopics(topicSpecs(everything, settings))
    await (await log.session('user-1')).close()
    await log.close()
    const admin = await KafkaAdmin.open({ brokers: kafka.brokers, changelogPartitions: 2 })
    const topics = await admin.topics(PREFIX, ['max.message.bytes'])
    await admin.close()
    expect(topics.find(({ name }) => name === `${PREFIX}changelog__user`)?.partitions).toBe(2)
    expect(new Set(topics.map(({ configs }) => configs['max.message.bytes'])).size).toBe(1)
  })
})
