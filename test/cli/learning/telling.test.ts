import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lineOf } from '../../../cli/errors.ts'
import { lockLearning } from '../../../models/training/learning-lock.ts'
import { Running } from '../running.ts'
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
