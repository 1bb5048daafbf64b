import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { HEADS } from '../../../models/heads.ts'
import { probabilityReport, type ProbabilityReport } from '../../../models/metrics/probability-metrics.ts'
import { ProgressiveMetrics } from '../../../models/metrics/progressive.ts'
import { rocAuc } from '../../../models/metrics/ranking.ts'
import { timeReport } from '../../../models/metrics/time-metrics.ts'

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

const aucOf = (predictions: readonly Prediction[]): number =>
  rocAuc({
    scores: Float32Array.from(predictions, ({ logit }) => logit),
    labels: Uint8Array.from(predictions, ({ isPositive }) => Number(isPositive)),
    weights: Float32Array.from(predictions, ({ weight }) => weight),
  })

const PARTICULAR = [0, -0, Infinity, -Infinity]

/** A float32 of any exponent, or one of the particular ones. */
const anyScore = (random: Random): number =>
  random.chance(0.3)
    ? PARTICULAR[random.below(PARTICULAR.length)]!
    : Math.fround((random.next() - 0.5) * 2 ** (random.below(200) - 100))

describe('the area under the ROC curve', () => {
  test('is the share of pairs in the right order, ties and weights included', () => {
    for (let seed = 0; seed < 200; seed++) {
      const predictions = samplePredictions(new Random(seed))
      const auc = aucOf(predictions)
      const expected = aucOfPairs(predictions)
      if (Number.isNaN(expected)) expect(auc).toBeNaN()
      else expect(auc).toBeCloseTo(expected, 10)
    }
  })

  test('is that of pairs for scores of any size and sign, the two zeros being one score', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = new Random(seed)
      const predictions = samplePredictions(random).map((each) => ({ ...each, logit: anyScore(random) }))
      const expected = aucOfPairs(predictions)
      if (!Number.isNaN(expected)) expect(aucOf(predictions)).toBeCloseTo(expected, 10)
    }
  })

  test('is none where a score is none', () => {
    const [negative, positive] = [
      { logit: 1, isPositive: false, weight: 1 },
      { logit: 2, isPositive: true, weight: 1 },
    ]
    for (const unknown of [positive, negative])
      expect(aucOf([negative, positive, { ...unknown, logit: Number.NaN }])).toBeNaN()
  })
})

const reportOf = (predictions: readonly Prediction[]): ProbabilityReport =>
  probabilityReport({
    scores: Float32Array.from(predictions, ({ logit }) => logit),
    labels: Uint8Array.from(predictions, ({ isPositive }) => Number(isPositive)),
    weights: Float32Array.from(predictions, ({ weight }) => weight),
  })

test('a head of surveys is measured over those who answered, each as one', () => {
  const metrics = new ProgressiveMetrics(HEADS)
  const index = HEADS.findIndex(({ name }) => name === 'satisfaction')
  const logits = new Float32Array(HEADS.length)
  for (const [key, answer] of [true, false, null, true].entries()) {
    const place = metrics.begin(key, 0, [])
    logits[index] = key
    metrics.foresee(place, logits, 0)
    metrics.judge(key, { weight: 4, positives: 0 })
    if (answer !== null) metrics.judgeAnswer(key, index, answer)
  }
  const report = metrics.report()['satisfaction']!
  expect(report).toMatchObject({ kind: 'probability', count: 3, positives: 2, auc: 0.5 })
})

describe('metrics of a probability', () => {
  test('are as their formulas say', () => {
    for (let seed = 0; seed < 50; seed++) {
      const predictions = samplePredictions(new Random(seed))
      const total = (of: (prediction: Prediction) => number): number =>
        predictions.reduce((sum, prediction) => sum + prediction.weight * of(prediction), 0)
      const count = total(() => 1)
      const positives = total(({ isPositive }) => Number(isPositive))
      const probability = ({ logit }: Prediction): number => 1 / (1 + Math.exp(-logit))
      const loss =
        total((each) => -Math.log(each.isPositive ? probability(each) : 1 - probability(each))) / count
      const rate = positives / count
      const base = -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate)
      const report = reportOf(predictions)
      expect(report).toMatchObject({ count, positives, logLoss: expect.closeTo(loss, 6) as number })
      if (positives === 0 || positives === count) continue
      expect(report.auc).toBeCloseTo(aucOfPairs(predictions), 10)
      expect(report.normalisedEntropy).toBeCloseTo(loss / base, 6)
      expect(report.calibration).toBeCloseTo(total(probability) / positives, 6)
    }
  })

  test('say nothing where nothing can be said', () => {
    const nothing = { auc: null, normalisedEntropy: null, calibration: null }
    expect(reportOf([])).toEqual({ ...nothing, count: 0, positives: 0, logLoss: null })
    const negative = { logit: 2, isPositive: false, weight: 1 }
    expect(reportOf([negative])).toMatchObject(nothing)
    expect(reportOf([negative, { logit: 3, isPositive: true, weight: 1 }]).auc).toBe(1)
  })
})

test('metrics of a time are of its logarithms, and know what always saying the mean would do', () => {
  const report = timeReport({
    foreseen: Float32Array.of(2, 3, 4),
    actual: Float32Array.of(1, 3, 5),
    weights: Float32Array.of(1, 1, 1),
  })
  expect(report).toEqual({
    count: 3,
    meanAbsoluteError: expect.closeTo(2 / 3, 6) as number,
    bias: expect.closeTo(0, 6) as number,
    explained: expect.closeTo(0.75, 6) as number,
  })
})

describe('progressive metrics', () => {
  const at = (name: string): number => HEADS.findIndex((head) => head.name === name)
  const bits = (...names: readonly string[]): number => names.reduce((sum, name) => sum | (1 << at(name)), 0)
  const flat = (logit: number): Float32Array => new Float32Array(HEADS.length).fill(logit)
  const answers = (probability: number): number[] => HEADS.map(() => probability)

  test('are of examples that were foreseen, by what is known of them by now', () => {
    const metrics = new ProgressiveMetrics(HEADS)
    const first = metrics.begin(1, 0, [])
    metrics.judge(1, { weight: 1, positives: 0 })
    expect(metrics.report()['click']).toMatchObject({ count: 0 })
    metrics.foresee(first, flat(-1), 0)
    metrics.foresee(metrics.begin(2, 0, []), flat(1), 0)
    metrics.judge(2, { weight: 2, positives: 0 })
    expect(metrics.report()['click']).toMatchObject({ kind: 'probability', count: 3, positives: 0 })
    metrics.judge(2, { weight: 1, positives: bits('click') })
    metrics.judgeTime(2, at('dwell'), 7)
    const report = metrics.report()
    expect(report['click']).toMatchObject({ count: 2, positives: 1, auc: 1 })
    expect(report['share']).toMatchObject({ count: 2, positives: 0 })
    expect(report['dwell']).toMatchObject({ kind: 'time', count: 1, bias: -6 })
    metrics.clear()
    expect(metrics.report()['click']).toMatchObject({ count: 0 })
  })

  test('tell apart what learned and what served, and segments', () => {
    const metrics = new ProgressiveMetrics(HEADS)
    for (const [key, segment, probability] of [
      [1, 1, 0.2],
      [2, 2, 0.4],
    ] as const) {
      metrics.foresee(metrics.begin(key, segment, answers(probability)), flat(0), 0)
      metrics.judge(key, { weight: 1, positives: bits('like') })
    }
    metrics.foresee(metrics.begin(3, 2, []), flat(0), 0)
    metrics.judge(3, { weight: 1, positives: bits('like') })
    expect(metrics.report('learner')['like']).toMatchObject({ count: 3, calibration: 0.5 })
    expect(metrics.report('served')['like']).toMatchObject({
      count: 2,
      calibration: expect.closeTo(0.3, 5) as number,
    })
    expect(metrics.report('served', 2)['like']).toMatchObject({
      calibration: expect.closeTo(0.4, 5) as number,
    })
    expect(metrics.report('learner', 1)['like']).toMatchObject({ count: 1 })
  })

  test('look back on so many examples, and no further', () => {
    const metrics = new ProgressiveMetrics(HEADS, 4)
    for (let key = 0; key < 7; key++) {
      metrics.foresee(metrics.begin(key, 0, []), flat(key), 0)
      metrics.judge(key, { weight: 1, positives: 0 })
    }
    // Too old to be known: it must not change the one that took its place.
    metrics.judge(2, { weight: 1, positives: bits('click') })
    metrics.judge(3, { weight: 1, positives: bits('click') })
    expect(metrics.report()['click']).toMatchObject({ count: 4, positives: 1, auc: 0 })
    expect(metrics.report('learner', 0, 3)['click']).toMatchObject({ count: 3, positives: 0 })
    expect(metrics.examples).toBe(7)
  })

  test('add up what a time is told to have been, until the whole of it is', () => {
    const metrics = new ProgressiveMetrics(HEADS)
    metrics.foresee(metrics.begin(1, 0, []), flat(Math.log1p(60_000)), 0)
    metrics.judge(1, { weight: 1, positives: 0 })
    const dwellNow = (): unknown => metrics.report()['dwell']
    metrics.addTime(1, at('dwell'), 3_000)
    const part = Math.log1p(60_000) - Math.log1p(3_000)
    expect(dwellNow()).toMatchObject({ count: 1, bias: expect.closeTo(part, 4) as number })
    metrics.addTime(1, at('dwell'), 57_000)
    expect(dwellNow()).toMatchObject({ count: 1, bias: expect.closeTo(0, 4) as number })
    metrics.judgeTime(1, at('dwell'), Math.log1p(60_000) - 1)
    expect(dwellNow()).toMatchObject({ count: 1, bias: expect.closeTo(1, 4) as number })
  })

  test('say whether there is anything new to report', () => {
    const metrics = new ProgressiveMetrics(HEADS, 4)
    let known = metrics.changes
    const isNew = (): boolean => known !== (known = metrics.changes)
    const place = metrics.begin(1, 0, [])
    expect(isNew()).toBe(true)
    metrics.foresee(place, flat(0), 0)
    expect(isNew()).toBe(true)
    metrics.judge(1, { weight: 1, positives: 0 })
    expect(isNew()).toBe(true)
    metrics.judgeTime(1, at('dwell'), 7)
    expect(isNew()).toBe(true)
    metrics.report()
    // Of one that was never begun nothing is reported.
    metrics.judge(2, { weight: 1, positives: 0 })
    expect(isNew()).toBe(false)
    metrics.clear()
    expect(isNew()).toBe(true)
  })

  test('report the same again, whatever was reported in between: arrays that are used again hold nothing back', () => {
    const random = new Random(7)
    const metrics = new ProgressiveMetrics(HEADS, 64)
    for (let key = 0; key < 100; key++) {
      const logits = flat(0).map(() => random.next() * 4 - 2)
      metrics.foresee(metrics.begin(key, 1 << random.below(3), answers(random.next())), logits, 0)
      metrics.judge(key, { weight: 1 + random.below(2), positives: random.below(2 ** HEADS.length) })
      if (random.chance(0.5)) metrics.judgeTime(key, at('dwell'), random.next() * 10)
    }
    const all = metrics.report()
    const segment = metrics.report('served', 2)
    expect(metrics.report()).toEqual(all)
    expect(metrics.report('served', 2)).toEqual(segment)
  })
})
