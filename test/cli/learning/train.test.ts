import { cp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import { examples } from '../../../schemas/examples/index.ts'
import type { Contract } from '../../../schemas/contract.ts'
import { type LoggedRankingSample, rankingSamples } from '../../../schemas/ranking-samples/index.ts'
import { loggedSamples } from '../../models/distillation/samples.ts'
import { pairStream } from '../../models/retrieval/pairs.ts'
import { readCheckpoint } from '../../../models/training/checkpoint.ts'
import { beginning, DEFAULT_LEARNER } from '../../../models/training/learner.ts'
import { sampleStream } from '../../models/training/sample.ts'
import { Running } from '../running.ts'
import { freshet, lastJson, Spawned } from '../spawned.ts'
import { temporaryDirectory } from '../temporary.ts'

const EXAMPLES = 3_000
const FRAME = 70

const append = async <Value>(
  { embedded }: Running,
  values: readonly Value[],
  contract: Contract<Value>,
): Promise<void> => {
  for (let start = 0; start < values.length; start += FRAME) {
    const publisher = embedded.publisher()
    for (const value of values.slice(start, start + FRAME)) publisher.add({ contract, value })
    await publisher.flush()
  }
}

/** A data directory with examples, and samples of rankings, in it. */
const withExamples = async (
  given: readonly Example[],
  samples: readonly LoggedRankingSample[] = [],
): Promise<string> => {
  const data = await temporaryDirectory()
  const running = await Running.open(data)
  await append(running, given, examples)
  await append(running, samples, rankingSamples)
  await running.stop()
  return data
}

const newestIndex = async (data: string): Promise<string> => {
  const names = await readdir(join(data, 'learning')).catch(() => [])
  const newest = names
    .filter((name) => /^checkpoint-\d+$/.test(name))
    .sort()
    .at(-1)
  if (newest === undefined) return ''
  // Old ones are removed while we look.
  return readFile(join(data, 'learning', newest, 'checkpoint.json'), 'utf8').catch(() => '')
}

const training = (data: string): readonly string[] => [
  'train',
  '--data',
  data,
  '--snapshot-examples',
  '400',
  '--snapshot-seconds',
  '86400',
  '--json',
]

const KILLS = 4

/** Slates that settled and labels as they come, mixed; and rankings of which the last do not fill a batch. */
const everything = (seed: number): readonly [Example[], LoggedRankingSample[]] => {
  const pairs = pairStream(EXAMPLES / 3, seed)
  const mixed = sampleStream(EXAMPLES, seed).flatMap((example, index) =>
    index % 3 === 0 ? [example, pairs[index / 3]!] : [example],
  )
  return [mixed, loggedSamples(131, seed)]
}

describe('freshet train', () => {
  test('learns what a directory holds, and says how well it foresaw', async () => {
    const data = await withExamples(sampleStream(EXAMPLES, 1))
    const ended = await freshet(data, ...training(data))
    // A slow machine is told how far it has come.
    expect(ended.stderr).toMatch(/^(?:[\d,]+ examples · .*\n)*$/)
    expect(lastJson(ended)).toMatchObject({
      progress: {
        examples: EXAMPLES,
        undecodable: 0,
        position: { 0: EXAMPLES },
        counts: { taken: EXAMPLES },
      },
      heads: { click: { kind: 'probability', count: EXAMPLES } },
      segments: { new_viewers: { click: { count: EXAMPLES } }, active_viewers: { click: { count: 0 } } },
    })
    // There is nothing more to learn, and nothing is learned again.
    const again = lastJson(await freshet(data, ...training(data)))
    expect(again).toMatchObject({ progress: { examples: 0, position: { 0: EXAMPLES } } })
  })

  test('goes on after kill -9 with nothing skipped or learned twice: all states are those of an undisturbed run', async () => {
    const data = await withExamples(...everything(2))
    const killed = await temporaryDirectory()
    await cp(data, killed, { recursive: true })
    expect((await freshet(data, ...training(data))).code).toBe(0)

    const random = new Random(3)
    const course = { kills: 0, isDone: false }
    while (!course.isDone) {
      const trainer = new Spawned(killed, training(killed))
      const before = await newestIndex(killed)
      const isWaiting = (): boolean => !course.isDone && course.kills < KILLS
      // In the midst of learning, or of writing: soon after it has written something.
      const killing = (async (): Promise<void> => {
        while (isWaiting() && (await newestIndex(killed)) === before) await pause(5)
        if (!isWaiting()) return
        await pause(random.below(60))
        trainer.signal('SIGKILL')
      })()
      const { code } = await trainer.ended
      if (code === null) course.kills++
      course.isDone = code === 0
      await killing
    }
    expect(course.kills).toBeGreaterThan(0)
    // It names every file of the checkpoint by its hash.
    expect(await newestIndex(killed)).toBe(await newestIndex(data))
    expect(JSON.parse(await newestIndex(data))).toMatchObject({
      position: { 0: 4_000 },
      beside: { light: { 0: 128 } },
      files: { 'light.bin': expect.any(String) as string, 'towers.bin': expect.any(String) as string },
    })
    const { checkpoint } = await readCheckpoint(join(killed, 'learning'), () => beginning(DEFAULT_LEARNER))
    const { light, towers } = checkpoint!.beside!
    expect([light.state.learned.steps, towers.state.steps]).toEqual([16, 3])
  })

  test('beside a server that does not learn follows its examples, and what it learned serves', async () => {
    const running = await Running.start()
    const prior = running.serving.scorers.manifests.heavy
    await append(running, sampleStream(600, 4), examples)
    const ended = await freshet(running.data, 'train', '--url', running.url, '--once', '--json')
    expect(ended.stderr).toBe('')
    expect(lastJson(ended)).toMatchObject({ progress: { examples: 600 } })
    // What served these examples was not logged, so the gate cannot judge by them.
    const { registry, follow } = running.serving.models
    const offered = (await registry.list('heavy')).at(-1)!
    expect(offered).toMatchObject({ origin: 'trained', state: 'candidate', examples: 600 })
    await registry.promote('heavy', offered.version, { reason: 'by hand' })
    await follow()
    const served = running.serving.scorers.manifests.heavy
    expect(served.version).toBe(offered.version)
    expect(served.version).not.toBe(prior.version)
    const nothing = '{"model":"heavy","version":"0000000000000000"}'
    const refused = await running.post('/admin/v1/learning/offers', nothing)
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(running.serving.scorers.manifests.heavy.version).toBe(served.version)
  })

  test('is refused where a server learns in the same directory, and nothing is offered', async () => {
    const running = await Running.start({ learns: true })
    await append(running, sampleStream(300, 5), examples)
    const ended = await freshet(running.data, 'train', '--url', running.url, '--once', '--json')
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringMatching(/^freshet: LEARNING_LOCKED: /)])
    const { registry } = running.serving.models
    expect((await registry.list('heavy')).filter(({ origin }) => origin === 'trained')).toEqual([])
  })

  test('keeps a share of the negatives where it is asked to, and does not go on with another', async () => {
    const data = await withExamples(sampleStream(EXAMPLES, 1))
    const ended = await freshet(data, ...training(data), '--negatives-kept', '0.25')
    const { counts, examples: taken } = lastJson(ended)['progress'] as {
      readonly counts: Readonly<Record<string, number>>
      readonly examples: number
    }
    expect(taken).toBe(EXAMPLES)
    expect(counts['left-out']! / EXAMPLES).toBeGreaterThan(0.3)
    const refused = await freshet(data, ...training(data))
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/^freshet: NEGATIVES_KEPT: /)])
    const wrong = await freshet(data, ...training(data), '--negatives-kept', '0')
    expect(wrong.stderr).toMatch(/CONFIG_INVALID: .*learning\.negativesKept.*from 0\.01 to 1/)
  })

  test('says so where there is no data, and where a server learns by itself', async () => {
    const directory = await temporaryDirectory()
    const ended = await freshet(directory, 'train', '--data', join(directory, 'nothing'))
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringMatching(/^freshet: NO_DATA/)])
    const running = await Running.start({ learns: true })
    const nothing = '{"model":"heavy","version":"0000000000000000"}'
    const refused = await running.post('/admin/v1/learning/offers', nothing)
    expect([refused.status, refused.body['code']]).toEqual([409, 'LEARNS_ITSELF'])
  })
})
