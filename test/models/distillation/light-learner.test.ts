import { InferenceSession, Tensor } from 'onnxruntime-node'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { adamScalars } from '../../../models/autodiff/adam.ts'
import { beginLight, LightLearner } from '../../../models/distillation/light-learner.ts'
import { decodeLightState, encodeLightState } from '../../../models/distillation/light-state.ts'
import { rankingFigures } from '../../../models/distillation/ranking-figures.ts'
import { LIGHT_TRAINING, lightTrainingGraph } from '../../../models/distillation/light-training.ts'
import { SAMPLE_ROWS, SAMPLE_TOP, samplePlaces } from '../../../models/distillation/ranking-sample.ts'
import { teach } from '../../../models/distillation/teacher.ts'
import type { HeadReport, RankingReport } from '../../../models/metrics/progressive.ts'
import { writePriors } from '../../../models/prior/snapshots.ts'
import { openSession } from '../../../models/scoring/open-session.ts'
import { temporaryDirectory } from '../../cli/temporary.ts'
import { ParameterLayout } from '../../../models/network/parameter-layout.ts'
import { onnxModel } from '../../../models/onnx/model.ts'
import { LIGHT_NETWORK } from '../../../models/rankers.ts'
import { samples } from './samples.ts'

const { width } = LIGHT_NETWORK.row
const tensor = (values: Float32Array, shape: readonly number[]): Tensor =>
  new Tensor('float32', values, shape)

test('a sample holds the first of a ranking, and others evenly, which stand for all', () => {
  fc.assert(
    fc.property(fc.integer({ min: SAMPLE_ROWS, max: 2_000 }), fc.integer(), (count, seed) => {
      const random = new Random(seed)
      const { places, shares } = samplePlaces(count, () => random.next())!
      expect(places.subarray(0, SAMPLE_TOP)).toEqual(
        Uint32Array.from({ length: SAMPLE_TOP }, (_, place) => place),
      )
      expect(new Set(places).size).toBe(SAMPLE_ROWS)
      expect(places).toEqual(places.toSorted())
      expect(places.at(-1)!).toBeLessThan(count)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(count, 1)
    }),
  )
  expect(samplePlaces(SAMPLE_ROWS - 1, () => 0)).toBeNull()
})

test('of the others each is as likely as any', () => {
  const random = new Random(5)
  const counts = new Float64Array(125)
  for (let trial = 0; trial < 4_000; trial++) {
    for (const place of samplePlaces(125, () => random.next())!.places) counts[place]!++
  }
  const expected = ((SAMPLE_ROWS - SAMPLE_TOP) / (125 - SAMPLE_TOP)) * 4_000
  for (const count of counts.subarray(SAMPLE_TOP))
    expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected))
})

test('the teacher gives half to what is kept, half by value, and all sums to 1', () => {
  const { values, shares } = samples(1, 1)[0]!
  const taught = new Float32Array(SAMPLE_ROWS)
  teach(values, shares, taught, 0)
  expect(taught.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5)
  expect(taught.subarray(0, SAMPLE_TOP).reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0.5)
  const kept = [...taught.subarray(0, SAMPLE_TOP)]
  expect(kept).toEqual(kept.toSorted((one, other) => other - one))
  teach(values.fill(3), shares, taught, 0)
  expect(taught.every(Number.isFinite)).toBe(true)
})

test('one of the first that stands for many is taught as many times as the others, and counts so in what is kept', () => {
  const many = 40
  const shares = new Float32Array(SAMPLE_ROWS).fill(1).fill(10, SAMPLE_TOP)
  shares[3] = many
  const teacher = new Float32Array(SAMPLE_ROWS)
  // Of equal values, so that each is taught by how many it stands for alone.
  teach(new Float32Array(SAMPLE_ROWS).fill(1), shares, teacher, 0)
  for (let row = 0; row < SAMPLE_TOP; row++) expect(teacher[row]! / shares[row]!).toBeCloseTo(teacher[0]!, 6)
  expect(teacher.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5)
  // It alone is dropped, for all others come before it.
  const scores = Float32Array.from({ length: SAMPLE_ROWS }, (_, row) => (row === 3 ? -1e3 : -row))
  const first = SAMPLE_TOP - 1 + many
  expect(rankingFigures(scores, { teacher, shares, at: 0 }).share).toBeCloseTo(1 - many / first, 6)
})

test('the light ranker learns what is kept, and begins as the prior', async () => {
  const learner = await LightLearner.create(beginLight(), { batchSamples: 4, rate: 1e-2 })
  const losses = await learner.learn(samples(400, 2))
  expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.5)
  await learner.dispose()
})

test('what is foreseen is judged before it is learned, by the loss that is learned by, beside what is live', async () => {
  const root = await temporaryDirectory()
  const learner = await LightLearner.create(beginLight(), { batchSamples: 4, rate: 1e-2 })
  const before = await learner.learn(samples(8, 2))
  expect(learner.report('live')['keep']).toEqual({ kind: 'ranking', count: 0, loss: null, kept: null })
  const session = await openSession((await writePriors(root)).light.directory, 'light')
  learner.compareWith(session)
  const since = await learner.learn(samples(400, 3))
  const lossOf = (side: 'learner' | 'live', isCompared?: boolean): RankingReport =>
    learner.report(side, isCompared)['keep'] as HeadReport & RankingReport
  const meanOf = (losses: readonly number[]): number =>
    losses.reduce((sum, loss) => sum + loss, 0) / losses.length
  expect(lossOf('learner').count).toBe(408)
  expect(lossOf('learner').loss).toBeCloseTo(meanOf([...before, ...since]), 3)
  expect(lossOf('learner', true).loss).toBeCloseTo(meanOf(since), 3)
  expect(lossOf('live').count).toBe(400)
  expect(lossOf('live').loss).toBeGreaterThan(lossOf('learner', true).loss! + 0.2)
  expect(lossOf('live').kept).toBeLessThan(lossOf('learner', true).kept!)
  await session.dispose()
  await learner.dispose()
})

test('another ranker that goes live is judged by what it foresaw itself, and nothing by the one before', async () => {
  const root = await temporaryDirectory()
  const options = { batchSamples: 4, rate: 1e-9 }
  const learner = await LightLearner.create(beginLight(), options)
  const lossOf = (side: 'learner' | 'live', isCompared?: boolean): RankingReport =>
    learner.report(side, isCompared)['keep'] as HeadReport & RankingReport
  // Says the opposite of what it learns.
  const prior = await openSession((await writePriors(root)).light.directory, 'light')
  const opposite = {
    score: async (rows: Float32Array, count: number, into: Float32Array): Promise<void> => {
      await prior.score(rows, count, into)
      for (let row = 0; row < count; row++) into[row] = -into[row]!
    },
  }
  learner.compareWith(opposite)
  await learner.learn(samples(40, 3))
  const before = lossOf('live')
  expect(before.count).toBe(40)
  learner.compareWith(prior)
  expect([lossOf('live').count, lossOf('live').loss, lossOf('learner', true).count]).toEqual([0, null, 0])
  await learner.learn(samples(8, 4))
  expect([lossOf('live').count, lossOf('learner').count]).toEqual([8, 48])
  expect(lossOf('live').loss).toBeCloseTo(lossOf('learner', true).loss!, 3)
  expect(before.loss).not.toBeCloseTo(lossOf('live').loss!, 2)
  learner.compareWith(null)
  expect(lossOf('live').count).toBe(0)
  await prior.dispose()
  await learner.dispose()
})

test('of the first those are kept that come before a third of what the sample stands for', () => {
  const shares = new Float32Array(SAMPLE_ROWS).fill(1).fill(10, SAMPLE_TOP)
  const teacher = new Float32Array(SAMPLE_ROWS).fill(1 / SAMPLE_ROWS)
  const keptBy = (score: (row: number) => number): number =>
    rankingFigures(
      Float32Array.from({ length: SAMPLE_ROWS }, (_, row) => score(row)),
      { teacher, shares, at: 0 },
    ).share
  expect(keptBy((row) => -row)).toBe(1)
  expect(keptBy((row) => row)).toBe(0)
  // All stand for 415: a third is passed behind 13 of the others and 8 of the first.
  expect(keptBy((row) => (row < SAMPLE_TOP + 13 && row >= SAMPLE_TOP ? 100 : -row))).toBe(9 / SAMPLE_TOP)
  expect(keptBy(() => 1)).toBe(0)
})

test('learning goes on from a state as if nothing had been between', async () => {
  const options = { batchSamples: 4, rate: 1e-3 }
  const whole = await LightLearner.create(beginLight(), options)
  await whole.learn(samples(32, 3))
  const first = await LightLearner.create(beginLight(), options)
  await first.learn(samples(32, 3).slice(0, 16))
  const second = await LightLearner.create(decodeLightState(encodeLightState(first.state)), options)
  await second.learn(samples(32, 3).slice(16))
  expect(second.state.learned.parameters).toEqual(whole.state.learned.parameters)
  expect(second.state.moments).toEqual(whole.state.moments)
  for (const learner of [whole, first, second]) await learner.dispose()
  const bytes = encodeLightState(first.state)
  expect(() => decodeLightState(bytes.subarray(1))).toThrow('CHECKPOINT_OTHER')
})

test("the training graph's gradient is the slope that small differences show", async () => {
  const session = await InferenceSession.create(onnxModel(lightTrainingGraph(LIGHT_NETWORK)))
  const random = new Random(6)
  const uniform = (length: number, bound: number): Float32Array =>
    Float32Array.from({ length }, () => (2 * random.next() - 1) * bound)
  const layout = new ParameterLayout(LIGHT_NETWORK)
  const { rows, values, shares } = samples(1, 4)[0]!
  const teacher = new Float32Array(SAMPLE_ROWS)
  teach(values, shares, teacher, 0)
  const { rate, epsilon } = adamScalars(1e-3, 1)
  const names = LIGHT_TRAINING
  const zeros = (): Tensor => tensor(new Float32Array(layout.size), [layout.size])
  const { learned } = beginLight()
  const given = {
    row: tensor(rows, [SAMPLE_ROWS, width]),
    [names.teacher]: tensor(teacher, [SAMPLE_ROWS, 1]),
    [names.logShares]: tensor(shares.map(Math.log), [SAMPLE_ROWS, 1]),
    [names.members]: tensor(new Float32Array(SAMPLE_ROWS).fill(1), [1, SAMPLE_ROWS]),
    [names.means]: zeros(),
    [names.squares]: zeros(),
    [names.rate]: tensor(Float32Array.of(rate), []),
    [names.epsilon]: tensor(Float32Array.of(epsilon), []),
    ...Object.fromEntries(
      layout.given.map(({ name, shape }) => [name, tensor(learned.given.get(name)!, shape)]),
    ),
  }
  const run = async (parameters: Float32Array): Promise<{ loss: number; gradient: Float32Array }> => {
    const answer = await session.run({ ...given, [names.parameters]: tensor(parameters, [layout.size]) })
    return {
      loss: (answer[names.loss]!.data as Float32Array)[0]!,
      gradient: answer[names.gradient]!.data as Float32Array,
    }
  }
  const noise = uniform(layout.size, 0.1)
  const parameters = learned.parameters.map((value, index) => value + noise[index]!)
  const { gradient } = await run(parameters)
  for (let trial = 0; trial < 8; trial++) {
    const direction = uniform(layout.size, 1)
    const at = async (step: number): Promise<number> =>
      (await run(parameters.map((value, index) => value + step * direction[index]!))).loss
    const slope = ((await at(1e-3)) - (await at(-1e-3))) / 2e-3
    const expected = gradient.reduce((sum, value, index) => sum + value * direction[index]!, 0)
    expect(Math.abs(slope - expected)).toBeLessThan(0.03 * Math.max(1, Math.abs(expected)))
  }
  await session.release()
})
