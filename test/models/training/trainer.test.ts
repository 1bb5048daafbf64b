import { describe, expect, test } from 'vitest'
import type { Clock } from '../../../engine/clock.ts'
import { encodeLightState } from '../../../models/distillation/light-state.ts'
import type { Comparison } from '../../../models/gate/evidence.ts'
import { writePriors } from '../../../models/prior/snapshots.ts'
import { ModelRegistry } from '../../../models/registry/registry.ts'
import { encodeTowerState } from '../../../models/retrieval/tower-state.ts'
import { DEFAULT_LEARNER } from '../../../models/training/learner.ts'
import { DEFAULT_TRAINER, Trainer, type TrainerParts } from '../../../models/training/trainer.ts'
import { type Example, examples } from '../../../schemas/examples/index.ts'
import { millis } from '../../../schemas/ids.ts'
import { rankingSamples } from '../../../schemas/ranking-samples/index.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { loggedSamples } from '../distillation/samples.ts'
import { pairStream } from '../retrieval/pairs.ts'
import { sampleStream } from './sample.ts'
import { topicOf } from './topic-in-memory.ts'

const OPTIONS = {
  ...DEFAULT_TRAINER,
  learner: { ...DEFAULT_LEARNER, batchRows: 64, tableRows: [256, 256, 16, 16] },
  light: { batchSamples: 8, rate: 1e-2 },
  towers: { batchRows: 48, rate: 3e-3 },
  snapshotExamples: 130,
  snapshotMs: Infinity,
}

const STILL: Clock = { now: () => millis(0), monotonicMs: () => 0 }
/** Frames that no batch ends with. */
const [FRAMED_EXAMPLES, FRAMED_SAMPLES] = [41, 5]

const SAMPLES = loggedSamples(75, 1)

/** Slates that settled, and labels as they come. */
const mixed = (count: number): Example[] => {
  const pairs = pairStream(count, 2)
  return sampleStream(count, 1).flatMap((example, index) => [example, pairs[index]!])
}

const EXAMPLES = mixed(340)

const parts = async (changes: Partial<TrainerParts> = {}): Promise<TrainerParts> => ({
  examples: topicOf(examples, EXAMPLES, FRAMED_EXAMPLES),
  samples: topicOf(rankingSamples, SAMPLES, FRAMED_SAMPLES),
  checkpoints: await temporaryDirectory(),
  snapshots: await temporaryDirectory(),
  clock: STILL,
  live: async () => null,
  offer: async () => undefined,
  ...changes,
})

/** Learns all that is there; answers the trainer, which is not disposed. One that fails is: its process would be gone. */
const learnAll = async (given: TrainerParts): Promise<Trainer> => {
  const trainer = await Trainer.open(given, OPTIONS)
  let isDone = false
  try {
    await trainer.run({ stopping: () => isDone, idle: async () => void (isDone = true) })
  } catch (error) {
    await trainer.dispose()
    throw error
  }
  return trainer
}

const statesOf = ({ light, towers, learner }: Trainer): readonly unknown[] => [
  encodeLightState(light.state),
  encodeTowerState(towers.state),
  learner.steps,
]

describe('a trainer', () => {
  test('goes on after a crash at any snapshot with nothing skipped or learned twice, though batches wait', async () => {
    const whole = await learnAll(await parts())
    // Something waits at the end, so it did at most snapshots.
    expect([whole.light.waiting, whole.towers.waiting]).toEqual([75 % 8, 340 % 48])
    let crashes = 0
    let told = 0
    const given = await parts({
      offer: async () => {
        if (++told % 4 !== 0) return
        crashes++
        throw new Error('crashed')
      },
    })
    let resumed: Trainer | undefined
    while (resumed === undefined) {
      resumed = await learnAll(given).catch((error: Error) => {
        expect(error.message).toBe('crashed')
        return undefined
      })
    }
    expect(crashes).toBeGreaterThan(2)
    expect(statesOf(resumed)).toEqual(statesOf(whole))
    expect(resumed.progress).toMatchObject({
      position: { 0: 680 },
      light: { steps: 9, position: { 0: 72 } },
      retrieval: { steps: 7 },
    })
    for (const trainer of [whole, resumed]) await trainer.dispose()
  })

  test('offers each model with how it and what is live foresaw the same, and what goes live is what it is compared with', async () => {
    const snapshots = await temporaryDirectory()
    let now = 1_700_000_000_000
    const registry = await ModelRegistry.open(snapshots, {
      now: () => millis((now += 1_000)),
      writer: 'test',
    })
    const priors = await writePriors(snapshots)
    for (const prior of Object.values(priors)) await registry.begin(prior)
    const asked: string[] = []
    const compared: { readonly model: string; readonly against: string; readonly given: Comparison }[] = []
    const given = await parts({
      snapshots,
      live: async (model) => {
        const live = (await registry.live(model))!
        asked.push(live.version)
        return { version: live.version, directory: registry.directoryOf(live) }
      },
      offer: async (offer) => {
        const { model } = offer.manifest
        const comparison = offer.comparison()
        compared.push({ model, against: (await registry.live(model))!.version, given: comparison })
        await registry.offer(offer.directory, { examples: offer.examples, trainedUntil: null, comparison })
      },
    })
    const trainer = await learnAll(given)
    // By what was live at each offer: 72 samples in all, of which the one that went live has foreseen the last 16.
    const ofPrior = priors.light.manifest.version
    const live = (await registry.live('light'))!
    expect(
      compared
        .filter(({ model }) => model === 'light')
        .map(({ against, given: { examples: count, live: foreseen } }) => [against, count, foreseen]),
    ).toMatchObject(
      [
        [ofPrior, 24],
        [ofPrior, 40],
        [ofPrior, 56],
        [live.version, 16],
      ].map(([against, count]) => [against, Number(count) * 64, { keep: { kind: 'ranking', count } }]),
    )
    expect(compared.findLast(({ model }) => model === 'retrieval')!.given).toMatchObject({
      examples: 7 * 48,
      candidate: { match: { kind: 'match', count: 7 * 48 } },
    })
    const [light] = (await registry.list('light')).filter(({ origin }) => origin === 'trained')
    expect(light).toMatchObject({ findings: [], against: { version: ofPrior } })
    expect(live.metrics!['keep']).toMatchObject({ kind: 'ranking' })
    expect(asked.at(-2)).toBe(live.version)
    expect(live.origin).toBe('trained')
    // The towers have too few pairs to be judged by.
    expect((await registry.list('retrieval')).at(-1)).toMatchObject({ state: 'candidate', examples: 340 })
    await trainer.dispose()
  })

  test('passes over samples of other columns, and says of nothing that it learned it', async () => {
    const other = loggedSamples(9, 3).map((sample) => ({ ...sample, columnsHash: 'other' }))
    const trainer = await learnAll(
      await parts({
        samples: topicOf(rankingSamples, other, FRAMED_SAMPLES),
        examples: topicOf(examples, [], 1),
      }),
    )
    expect(trainer.progress.light).toEqual({ examples: 0, steps: 0, position: { 0: 9 } })
    expect(trainer.progress.snapshots).toBe(0)
    await trainer.dispose()
  })
})
