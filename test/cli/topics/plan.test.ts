import { expect, test } from 'vitest'
import { readSettings } from '../../../cli/config/read.ts'
import { planLines, planTopics } from '../../../cli/topics/plan.ts'
import { replication, topicSpecs, wantedTopics } from '../../../cli/topics/wanted.ts'
import type { BrokerTopic } from '../../../engine/log/kafka/admin.ts'
import { publicContracts } from '../../../schemas/index.ts'
import { everything } from '../../../topologies/index.ts'

const topic = (name: string, rest: Partial<BrokerTopic> = {}): BrokerTopic => ({
  name,
  partitions: 3,
  replicas: 2,
  configs: { 'retention.ms': '1000', 'cleanup.policy': 'delete' },
  ...rest,
})

test('a topic that is missing is created, one that is right is left, one of others is not looked at', () => {
  const plan = planTopics([topic('a'), topic('b')], [topic('b'), topic('theirs', { partitions: 1 })])
  expect(plan).toEqual({ create: [topic('a')], change: [], drift: [], unchanged: 1 })
})

test('settings that differ are changed, and only they', () => {
  const found = topic('a', { configs: { 'retention.ms': '5', 'cleanup.policy': 'delete', other: 'x' } })
  expect(planTopics([topic('a')], [found]).change).toEqual([
    { topic: 'a', configs: [{ name: 'retention.ms', from: '5', to: '1000' }] },
  ])
})

test('partitions and replicas that differ are drift, with what to do', () => {
  const { drift, change, unchanged } = planTopics([topic('a')], [topic('a', { partitions: 4, replicas: 1 })])
  expect(drift.map(({ setting, found, wanted }) => [setting, found, wanted])).toEqual([
    ['partitions', 4, 3],
    ['replicas', 1, 2],
  ])
  expect([change, unchanged]).toEqual([[], 0])
  expect(drift.every(({ action }) => action.includes('set topics.'))).toBe(true)
})

test('a plan is told a line a step, with a sum', () => {
  const lines = planLines(planTopics([topic('a'), topic('b')], [topic('b', { partitions: 1 })]))
  expect(lines[0]).toBe('create  a  partitions=3 replicas=2 retention.ms=1000 cleanup.policy=delete')
  expect(lines[1]).toMatch(/^drift {3}b {2}partitions is 1, wanted 3\./)
  expect(lines.at(-1)).toBe('1 to create, 0 to change, 1 drifted, 0 as they should be.')
})

test('every contract, its dead letters and every changelog is wanted, each once', async () => {
  const { settings } = await readSettings({
    environment: { FRESHET_KAFKA_PREFIX: 'app.', FRESHET_TOPICS_RETENTION_DAYS: '2' },
  })
  const wanted = wantedTopics(everything, settings, 5, [])
  const byName = new Map(wanted.map((each) => [each.name, each]))
  expect(byName.size).toBe(wanted.length)
  for (const name of Object.keys(publicContracts)) expect(byName.has(`app.${name}`)).toBe(true)
  expect(byName.get('app.reactions')).toMatchObject({
    partitions: 12,
    replicas: 3,
    configs: { 'retention.ms': String(2 * 86_400_000), 'min.insync.replicas': '2' },
  })
  expect(byName.get('app.reactions.dead-letters')!.configs['retention.ms']).toBe(String(30 * 86_400_000))
  expect(byName.get('app.changelog__user')!.configs['retention.ms']).toBe('-1')
})

test('a small cluster has as many replicas as brokers, unless it is said', async () => {
  const { settings } = await readSettings({ environment: {} })
  expect(replication(settings, 1)).toEqual({ replicas: 1, minInSyncReplicas: 1 })
  expect(replication(settings, 2)).toEqual({ replicas: 2, minInSyncReplicas: 1 })
  expect(replication(settings, 9)).toEqual({ replicas: 3, minInSyncReplicas: 2 })
  const said = await readSettings({ environment: { FRESHET_TOPICS_REPLICAS: '5' } })
  expect(replication(said.settings, 9)).toEqual({ replicas: 5, minInSyncReplicas: 4 })
})

test('while a broker is down, topics that are there are as they should be', async () => {
  const { settings } = await readSettings({ environment: {} })
  const made = wantedTopics(everything, settings, 3, [])
  const plan = planTopics(wantedTopics(everything, settings, 2, made), made)
  expect(plan).toEqual({ create: [], change: [], drift: [], unchanged: made.length })
})

test('topics with other copies than is said are drift, and are written by as many brokers as they can be until then', async () => {
  const { settings } = await readSettings({ environment: { FRESHET_TOPICS_REPLICAS: '3' } })
  const made = wantedTopics(everything, (await readSettings({ environment: {} })).settings, 1, [])
  const { drift, change } = planTopics(wantedTopics(everything, settings, 3, made), made)
  expect([drift.length, change]).toEqual([made.length, []])
})

test('topics that could not be made are refused, and so are those that nothing could be written to', async () => {
  const saying = async (environment: Record<string, string>) => (await readSettings({ environment })).settings
  const three = await saying({ FRESHET_TOPICS_REPLICAS: '3' })
  expect(() => replication(three, 2)).toThrow(/topics\.replicas is 3, but there are 2 brokers/)
  const two = await saying({ FRESHET_TOPICS_MIN_IN_SYNC_REPLICAS: '2' })
  expect(() => replication(two, 1)).toThrow(/topics\.minInSyncReplicas is 2, but there are 1 copies/)
  expect(() => replication(two, 3, 1)).toThrow(/topics\.minInSyncReplicas is 2, but there are 1 copies/)
  // What was made while all brokers were up is written to by those that are left, or will be.
  expect(replication(three, 2, 3)).toEqual({ replicas: 3, minInSyncReplicas: 2 })
  expect(replication(two, 1, 3)).toEqual({ replicas: 3, minInSyncReplicas: 2 })
})

test('topics of one key space share their partitions', async () => {
  const { settings } = await readSettings({ environment: { FRESHET_TOPICS_PARTITIONS: '7' } })
  expect(new Set(topicSpecs(everything, settings).map(({ partitions }) => partitions))).toEqual(new Set([7]))
})
