import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RowList } from '../../../cli/inspect/inspection.ts'
import type { WorkerStatus } from '../../../cli/worker/start.ts'
import { reactions } from '../../../processors/topics.ts'
import { realServices } from '../../../services/index.ts'
import type { KafkaService } from '../../../services/port.ts'
import { aReaction, T0 } from '../../processors/events.ts'
import { missing, START_MS_MAX } from '../../services/here.ts'
import { freshet, lastJson, Spawned } from '../spawned.ts'
import { temporaryDirectory } from '../temporary.ts'
import { Publishing } from './publishing.ts'

const noKafka = await missing('kafka')
const TEST_MS_MAX = 180_000
const POLL = { timeout: 90_000, interval: 500 }
const PARTITIONS = 2
const USERS = Array.from({ length: 12 }, (_, index) => `user-${index}`)

describe.skipIf(noKafka !== undefined)(`freshet state, of workers ${noKafka ?? ''}`, () => {
  let kafka: KafkaService
  beforeAll(async () => {
    kafka = await realServices.kafka()
  }, START_MS_MAX)
  afterAll(() => kafka.stop())

  const work = async (member: string): Promise<string> => {
    const worker = new Spawned(
      await temporaryDirectory(),
      ['worker', '--member', member, '--data', 'state', '--standbys', '0', '--port', '0'],
      {
        FRESHET_KAFKA_BROKERS: kafka.brokers.join(','),
        FRESHET_KAFKA_PREFIX: 'state.',
        FRESHET_TOPICS_PARTITIONS: String(PARTITIONS),
      },
    )
    return worker.printed(/at (http:\S+)\. Stop/)
  }

  test(
    'lists what the asked one has, and says who has the rest, and where to ask for it',
    async () => {
      const directory = await temporaryDirectory()
      const urls = { one: await work('one'), other: await work('other') }
      await expect.poll(() => isShared(Object.values(urls)), POLL).toBe(true)
      const publishing = await Publishing.start(kafka.brokers, 'state.', PARTITIONS)
      for (const userId of USERS) {
        await publishing.publish(reactions, aReaction({ eventId: userId, userId, kind: 'like', at: T0 }))
      }
      await publishing.close()
      const scan = (url: string): Promise<RowList> =>
        json<RowList>(`${url}/admin/v1/stores/user-author/rows?limit=100`)
      await expect
        .poll(async () => usersIn(...(await Promise.all(Object.values(urls).map(scan)))), POLL)
        .toEqual(USERS.toSorted())

      // Where both have some of the store's partitions, either lacks some.
      const lacks = (await scan(urls.one)).elsewhere.length > 0 ? 'one' : 'other'
      const has = lacks === 'one' ? 'other' : 'one'
      const [here, away] = [await scan(urls[lacks]), await scan(urls[has])]
      expect(here.listed.length + here.elsewhere.length).toBe(PARTITIONS)
      const shown = await freshet(directory, 'state', 'scan', 'user-author', '--url', urls[lacks])
      expect([shown.code, USERS.filter((userId) => shown.stdout.includes(`${userId} `))]).toEqual([
        0,
        USERS.filter((userId) => usersIn(here).includes(userId)),
      ])
      expect(shown.stderr).toBe(
        `Listed ${here.listed.length} of the 2 partitions of "user-author"; not listed:\n` +
          `  ${away.listed.join(', ')}: "${has}" runs it, at ${urls[has]}\n`,
      )
      const plain = await freshet(directory, 'state', 'scan', 'user-author', '--url', urls[lacks], '--json')
      expect(lastJson(plain)['elsewhere']).toContainEqual({
        partition: away.listed[0],
        member: has,
        url: urls[has],
      })

      const { key } = away.rows[0]!
      const refused = await freshet(directory, 'state', 'get', 'user-author', ...key, '--url', urls[lacks])
      expect([refused.code, refused.stdout]).toEqual([1, ''])
      expect(refused.stderr).toMatch(`RUN_ELSEWHERE: "${lacks}" does not run user-`)
      expect(refused.stderr).toMatch(`"${has}" runs it, at ${urls[has]}. `)
      const found = await freshet(directory, 'state', 'get', 'user-author', ...key, '--url', urls[has])
      expect([found.code, found.stderr]).toEqual([0, ''])
      expect(found.stdout).toContain(key.join(' '))
    },
    TEST_MS_MAX,
  )
})

const json = async <Answer>(url: string): Promise<Answer> => (await (await fetch(url)).json()) as Answer

const usersIn = (...lists: readonly RowList[]): string[] =>
  lists.flatMap(({ rows }) => rows.map(({ key }) => key[0]!)).sort()

/** Each runs as many tasks as the other: then none moves any more. */
const isShared = async (urls: readonly string[]): Promise<boolean> => {
  const all = await Promise.all(urls.map((url) => json<WorkerStatus>(`${url}/v1/worker`)))
  const [one, other] = all.map(({ active }) => Object.keys(active).length) as [number, number]
  const haveHeard = all.every((status) => Object.keys(status.urls).length === urls.length)
  const isRestored = all.every(({ restoring }) => Object.keys(restoring).length === 0)
  return haveHeard && one > 0 && Math.abs(one - other) < 2 && isRestored
}
