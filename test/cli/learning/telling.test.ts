import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lineOf } from '../../../cli/errors.ts'
import { lockLearning } from '../../../models/training/learning-lock.ts'
import { openSession } from '../../../models/scoring/open-session.ts'
import { type Example, examples } from '../../../schemas/examples/index.ts'
import { millis } from '../../../schemas/ids.ts'
import { servedBy } from '../../models/gate/poisoned.ts'
import { sampleStream } from '../../models/training/sample.ts'
import { Running } from '../running.ts'
import { Spawned } from '../spawned.ts'
import { temporaryDirectory } from '../temporary.ts'

const metrics = async (running: Running): Promise<string> =>
  String((await running.get('/metrics')).body['text'])

test('a server whose models have stopped learning serves, and says so by its health and to Prometheus', async () => {
  const data = await temporaryDirectory()
  await (await Running.open(data)).stop()
  // Checkpoints cannot be read.
  await writeFile(join(data, 'learning'), 'no directory')
  const told: unknown[] = []
  const server = await Running.start({ data, learns: true, unlearned: (error) => told.push(error) })
  await expect.poll(() => told.length, { timeout: 10_000 }).toBe(1)
  expect(await metrics(server)).toContain('freshet_learning_stopped 1')
  expect((await server.get('/readyz')).body).toMatchObject({ status: 'ready', learning: 'stopped' })
})

test('one whose directory another trainer learns in serves, and says why its own models do not learn', async () => {
  const data = await temporaryDirectory()
  await (await Running.open(data)).stop()
  const unlock = await lockLearning(join(data, 'learning'))
  const told: unknown[] = []
  const running = await Running.start({ data, learns: true, unlearned: (error) => told.push(error) })
  await expect.poll(() => told.length, { timeout: 30_000 }).toBe(1)
  expect(lineOf(told[0])).toMatch(/^LEARNING_LOCKED: .*--no-learn/)
  expect(await metrics(running)).toContain('freshet_learning_stopped 1')
  await unlock()
})

test('one that learns, and one that does not, say so', async () => {
  const [learns, not] = [await Running.start({ learns: true }), await Running.start()]
  expect(await metrics(learns)).toContain('freshet_learning_stopped 0')
  expect((await learns.get('/readyz')).body).toMatchObject({ learning: 'here' })
  expect((await not.get('/readyz')).body).toMatchObject({ learning: 'not here' })
})

const EXAMPLES = 1_200

/** Examples as the server's own model served them, of which people did now what they did. */
const servedNow = async ({ serving }: Running): Promise<readonly Example[]> => {
  const { registry } = serving.models
  const session = await openSession(registry.directoryOf((await registry.live('heavy'))!), 'heavy')
  const served = await servedBy(session, sampleStream(EXAMPLES, 5))
  await session.dispose()
  const at = millis(Date.now())
  return served.map((each) => ({ ...each, labels: each.labels.map((label) => ({ ...label, at })) }))
}

const publish = async ({ embedded }: Running, values: readonly Example[]): Promise<void> => {
  const publisher = embedded.publisher()
  for (const value of values) publisher.add({ contract: examples, value })
  await publisher.flush()
}

const valueOf = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1),
  )

/** What is to be told of learning, whoever learns. */
const expectLearned = (text: string): void => {
  expect(valueOf(text, 'freshet_learning_examples')).toBe(EXAMPLES)
  expect(valueOf(text, 'freshet_learning_begun_anew')).toBe(0)
  expect(valueOf(text, 'freshet_learning_stopped')).toBe(0)
  for (const model of ['learner', 'served']) {
    for (const segment of ['all', 'new_viewers']) {
      const labels = `{head="click",model="${model}",segment="${segment}"}`
      expect(valueOf(text, `freshet_learning_auc${labels}`), labels).toBeGreaterThan(0.4)
      expect(valueOf(text, `freshet_learning_positives${labels}`), labels).toBeGreaterThan(100)
    }
  }
}

const expectSoon = (text: string): void => {
  const [p50, p99] = ['p50', 'p99'].map((each) =>
    valueOf(text, `freshet_learning_reaction_to_model_${each}_ms`),
  )
  expect(p50).toBeGreaterThan(0)
  expect(p99).toBeGreaterThanOrEqual(p50!)
  // They are of now, and not of a clock that somebody else set.
  expect(p99).toBeLessThan(120_000)
}

test('a server that learns tells how well what learns and what serves foresee, by head and segment, and how soon it serves', async () => {
  const running = await Running.start({ learns: true, trainer: { snapshotExamples: EXAMPLES } })
  await publish(running, await servedNow(running))
  const learned = async (): Promise<number> => valueOf(await metrics(running), 'freshet_learning_examples')
  await expect.poll(learned, { timeout: 60_000, interval: 500 }).toBe(EXAMPLES)
  const text = await metrics(running)
  expectLearned(text)
  expectSoon(text)
})

test('a trainer that is a process of its own tells the same, and lets the server tell how soon it serves', async () => {
  const running = await Running.start()
  await publish(running, await servedNow(running))
  expect(await metrics(running)).toContain('freshet_learning_reaction_to_model_p50_ms Nan')
  const args = ['train', '--url', running.url, '--metrics-port', '0', '--snapshot-examples', `${EXAMPLES}`]
  const trainer = new Spawned(running.data, args)
  const address = /itself at (http:\/\/127\.0\.0\.1:\d+)\/metrics/
  await expect.poll(() => address.exec(trainer.stderr)?.[1], { timeout: 60_000 }).toBeDefined()
  const url = address.exec(trainer.stderr)![1]!
  await expect
    .poll(async () => valueOf(await metrics(running), 'freshet_learning_snapshots_served'), {
      timeout: 60_000,
      interval: 500,
    })
    .toBe(1)
  expectSoon(await metrics(running))
  const told = async (): Promise<string> => (await fetch(`${url}/metrics`)).text()
  await expect
    .poll(async () => valueOf(await told(), 'freshet_learning_examples'), {
      timeout: 60_000,
      interval: 500,
    })
    .toBe(EXAMPLES)
  expectLearned(await told())
  expectSoon(await told())
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect((await fetch(`${url}/admin/v1/models`)).status).toBe(404)
  trainer.signal('SIGTERM')
  expect((await trainer.ended).code).toBe(0)
})

test('times of labels that are offered are bounded, in number and in time', async () => {
  const running = await Running.start()
  const { version } = (await running.serving.models.registry.live('heavy'))!
  const offered = async (labelTimes: readonly number[]): Promise<number> =>
    (await running.post('/admin/v1/learning/offers', JSON.stringify({ model: 'heavy', version, labelTimes })))
      .status
  const now = Date.now()
  expect(await offered([now])).toBe(200)
  for (const wrong of [[-1], [1e16], [0.5], Array.from({ length: 4_097 }, () => now)])
    expect(await offered(wrong)).toBeGreaterThanOrEqual(400)
})
