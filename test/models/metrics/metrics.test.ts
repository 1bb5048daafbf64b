import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { HEADS } from '../../../models/heads.ts'
import { ProbabilityMetrics } from '../../../models/metrics/probability-metrics.ts'
import { ProgressiveMetrics } from '../../../models/metrics/progressive.ts'
import { rocAuc } from '../../../models/metrics/ranking.ts'
import { TimeMetrics } from '../../../models/metrics/time-metrics.ts'

interface Prediction {
  readonly logit: number
  readonly isPositive: boolean
  readonly weight: number
}

const samplePredictions = (random: Random): Prediction[] =>
  Array.from({ length: 2 + random.below(60) }, () => ({
    logit: random.below(12) / 2 - 3,
    isPositive: random.chance(0.4),
    weight: random.chance(0.5) ? 1 : 4,
  }))

/** Over every pair of a positive and a negative. */
const aucOfPairs = (predictions: readonly Prediction[]): number => {
  let ordered = 0
  let pairs = 0
  for (const positive of predictions.filter(({ isPositive }) => isPositive)) {
    for (const negative of predictions.filter(({ isPositive }) => !isPositive)) {
      const weight = positive.weight * negative.weight
      pairs += weight
      if (positive.logit > negative.logit) ordered += weight
      if (positive.logit === negative.logit) ordered += weight / 2
    }
  }
  return ordered / pairs
}

describe('the area under the ROC curve', () => {
  test('is the share of pairs in the right order, ties and weights included', () => {
    for (let seed = 0; seed < 200; seed++) {
      const predictions = samplePredictions(new Random(seed))
      const auc = rocAuc({
        scores: Float32Array.from(predictions, ({ logit }) => logit),
        labels: Uint8Array.from(predictions, ({ isPositive }) => Number(isPositive)),
        weights: Float32Array.from(predictions, ({ weight }) => weight),
      })
      const expected = aucOfPairs(predictions)
      if (Number.isNaN(expected)) expect(auc).toBeNaN()
      else expect(auc).toBeCloseTo(expected, 10)
    }
  })
})

describe('metrics of a probability', () => {
  test('are those of the last predictions of the window, by their formulas', () => {
    for (let seed = 0; seed < 50; seed++) {
      const predictions = samplePredictions(new Random(seed))
      const metrics = new ProbabilityMetrics(20)
      for (const { logit, isPositive, weight } of predictions) metrics.add(logit, isPositive, weight)
      const last = predictions.slice(-20)
      const total = (of: (prediction: Prediction) => number): number =>
        last.reduce((sum, prediction) => sum + prediction.weight * of(prediction), 0)
      const count = total(() => 1)
      const positives = total(({ isPositive }) => Number(isPositive))
      const probability = ({ logit }: Prediction): number => 1 / (1 + Math.exp(-logit))
      const loss =
        total((each) => -Math.log(each.isPositive ? probability(each) : 1 - probability(each))) / count
      const rate = positives / count
      const base = -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate)
      const report = metrics.report()
      expect(report).toMatchObject({ count, positives, logLoss: expect.closeTo(loss, 6) as number })
      if (positives === 0 || positives === count) continue
      expect(report.auc).toBeCloseTo(aucOfPairs(last), 10)
      expect(report.normalisedEntropy).toBeCloseTo(loss / base, 6)
      expect(report.calibration).toBeCloseTo(total(probability) / positives, 6)
    }
  })

  test('say nothing where nothing can be said', () => {
    const metrics = new ProbabilityMetrics(4)
    const nothing = { auc: null, normalisedEntropy: null, calibration: null }
    expect(metrics.report()).toEqual({ ...nothing, count: 0, positives: 0, logLoss: null })
    metrics.add(2, false, 1)
    expect(metrics.report()).toMatchObject(nothing)
    metrics.add(3, true, 1)
    expect(metrics.report().auc).toBe(1)
    metrics.clear()
    expect(metrics.report()).toMatchObject({ ...nothing, count: 0 })
  })
})

test('metrics of a time are of its logarithms, and know what always saying the mean would do', () => {
  const metrics = new TimeMetrics(3)
  for (const [foreseen, actual] of [
    [9, 0],
    [2, 1],
    [3, 3],
    [4, 5],
  ])
    metrics.add(foreseen!, actual!, 1)
  expect(metrics.report()).toEqual({
    count: 3,
    meanAbsoluteError: expect.closeTo(2 / 3, 6) as number,
    bias: expect.closeTo(0, 6) as number,
    explained: expect.closeTo(0.75, 6) as number,
  })
})

test('progressive metrics take each head what has a label, and only that', () => {
  const metrics = new ProgressiveMetrics(HEADS)
  const heads = HEADS.length
  const batch = {
    count: 2,
    logits: new Float32Array(2 * heads).fill(-1),
    weights: new Float32Array(2 * heads),
    targets: new Float32Array(2 * heads),
  }
  const at = (name: string): number => HEADS.findIndex((head) => head.name === name)
  batch.weights[at('click')] = 1
  batch.targets[at('click')] = 1
  batch.weights[heads + at('click')] = 2
  batch.targets[heads + at('share')] = 1
  batch.weights[at('dwell')] = 1
  batch.targets[at('dwell')] = 7
  metrics.add(batch)
  const report = metrics.report()
  expect(report['click']).toMatchObject({ kind: 'probability', count: 3, positives: 1, auc: 0.5 })
  expect(report['share']).toMatchObject({ count: 0 })
  expect(report['dwell']).toMatchObject({ kind: 'time', count: 1, bias: -8 })
  metrics.clear()
  expect(metrics.report()['click']).toMatchObject({ count: 0 })
})
