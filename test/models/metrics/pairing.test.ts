import { describe, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { HEADS } from '../../../models/heads.ts'
import { standardErrorOf, standardErrorOfSum } from '../../../models/metrics/chance.ts'
import { Pairing } from '../../../models/metrics/pairing.ts'
import { ProgressiveMetrics } from '../../../models/metrics/progressive.ts'
import type { Judged } from '../../../models/metrics/ranking.ts'

/** A head of two models: their scores, ties included, and what became of it. */
interface PairedHead {
  readonly own: readonly number[]
  readonly other: readonly number[]
  readonly labels: readonly number[]
}

const EXAMPLES = 40

const pairedHead = (random: Random): PairedHead => ({
  own: Array.from({ length: EXAMPLES }, () => random.below(12) / 2 - 3),
  other: Array.from({ length: EXAMPLES }, () => random.below(12) / 2 - 3),
  labels: Array.from({ length: EXAMPLES }, (_, at) => (at < 2 ? 1 : at < 4 ? 0 : random.below(2))),
})

const judgedOf = (
  scores: readonly number[],
  labels: readonly number[],
  weights?: readonly number[],
): Judged => ({
  scores: Float32Array.from(scores),
  labels: Uint8Array.from(labels),
  weights: weights === undefined ? new Float32Array(scores.length).fill(1) : Float32Array.from(weights),
})

const ALL = Uint32Array.from({ length: EXAMPLES }, (_, at) => at)

const paired = (heads: readonly PairedHead[], weights?: readonly number[]): Pairing => {
  const pairing = new Pairing(
    heads.map((_, at) => `h${at}`),
    ALL,
  )
  for (const [at, { own, other, labels }] of heads.entries())
    pairing.probabilities(at, ALL, (side) => judgedOf(side === 0 ? own : other, labels, weights))
  return pairing
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const covarianceOf = (one: readonly number[], two: readonly number[]): number =>
  one.reduce((sum, value, at) => sum + (value - mean(one)) * (two[at]! - mean(two)), 0) / (one.length - 1)

/** ψ of DeLong, DeLong and Clarke-Pearson. */
const ordered = (positive: number, negative: number): number =>
  positive > negative ? 1 : positive === negative ? 0.5 : 0

/** V10 and V01 of a model at a head, over every pair of a positive and a negative. */
const componentsOf = (scores: readonly number[], labels: readonly number[]) => {
  const of = (label: number): number[] => scores.filter((_, at) => labels[at] === label)
  const [negatives, positives] = [of(0), of(1)]
  return {
    ofPositives: positives.map((one) => mean(negatives.map((other) => ordered(one, other)))),
    ofNegatives: negatives.map((other) => mean(positives.map((one) => ordered(one, other)))),
  }
}

describe('how far chance moves a fall of AUC', () => {
  test('is what DeLong and others say of two curves, pair by pair', () => {
    for (let seed = 0; seed < 50; seed++) {
      const each = pairedHead(new Random(seed))
      const own = componentsOf(each.own, each.labels)
      const other = componentsOf(each.other, each.labels)
      // L S L' with L = (1, −1): of both samples, S11 + S22 − 2 S12.
      const partOf = (of: 'ofPositives' | 'ofNegatives'): number =>
        (covarianceOf(own[of], own[of]) +
          covarianceOf(other[of], other[of]) -
          2 * covarianceOf(own[of], other[of])) /
        own[of].length
      const { auc } = paired([each]).chance()
      expect(standardErrorOf(auc, 'h0') ** 2).toBeCloseTo(partOf('ofPositives') + partOf('ofNegatives'), 6)
    }
  })

  test('is none for two that order alike', () => {
    const each = pairedHead(new Random(1))
    const { auc } = paired([{ ...each, other: each.own.map((score) => 2 * score + 1) }]).chance()
    expect(standardErrorOf(auc, 'h0')).toBe(0)
  })

  test('hangs on no unit of weights, and grows where a few weigh most', () => {
    const each = pairedHead(new Random(2))
    const errorOf = (weightAt: (at: number) => number): number =>
      standardErrorOf(paired([each], [...ALL].map(weightAt)).chance().auc, 'h0')
    expect(errorOf(() => 4)).toBeCloseTo(
      errorOf(() => 1),
      6,
    )
    expect(errorOf((at) => (at % 8 === 0 ? 40 : 1))).toBeGreaterThan(errorOf(() => 1))
  })

  test('is the same for two heads of the same: they go together wholly', () => {
    const each = pairedHead(new Random(3))
    const { auc } = paired([each, each]).chance()
    const single = standardErrorOf(auc, 'h0')
    const sumOf = (one: number, other: number): number =>
      standardErrorOfSum(
        auc,
        new Map([
          ['h0', one],
          ['h1', other],
        ]),
      )
    expect(sumOf(1, 1)).toBeCloseTo(2 * single, 6)
    expect(sumOf(1, -1)).toBeCloseTo(0, 6)
    expect(sumOf(1, 0)).toBeCloseTo(single, 6)
  })
})

describe('how far chance moves a rise of a mean', () => {
  test('of entropy is the standard error of what losses differ by, in entropies of the rate', () => {
    for (let seed = 0; seed < 50; seed++) {
      const each = pairedHead(new Random(seed))
      const lossOf = (score: number, label: number): number =>
        Math.log(1 + Math.exp(label === 1 ? -score : score))
      const rises = each.own.map(
        (score, at) => lossOf(score, each.labels[at]!) - lossOf(each.other[at]!, each.labels[at]!),
      )
      const rate = mean(each.labels)
      const entropy = -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate)
      const expected = Math.sqrt(covarianceOf(rises, rises) / EXAMPLES) / entropy
      const { normalised_entropy } = paired([each]).chance()
      expect(standardErrorOf(normalised_entropy, 'h0')).toBeCloseTo(expected, 5)
    }
  })

  test('of times is the standard error of what absolute errors differ by', () => {
    const { own, other, labels: actual } = pairedHead(new Random(4))
    const rises = own.map((each, at) => Math.abs(each - actual[at]!) - Math.abs(other[at]! - actual[at]!))
    const pairing = new Pairing(['dwell'], ALL)
    pairing.times(0, ALL, (side) => ({
      foreseen: Float32Array.from(side === 0 ? own : other),
      actual: Float32Array.from(actual),
      weights: new Float32Array(EXAMPLES).fill(1),
    }))
    expect(standardErrorOf(pairing.chance().time_error, 'dwell')).toBeCloseTo(
      Math.sqrt(covarianceOf(rises, rises) / EXAMPLES),
      5,
    )
  })
})

test('heads that are known of other examples go together by those that they share', () => {
  const each = pairedHead(new Random(5))
  const some = ALL.filter((at) => at % 2 === 0)
  const of = (values: readonly number[]): number[] => [...some].map((at) => values[at]!)
  const pairing = new Pairing(['h0', 'h1'], ALL)
  pairing.probabilities(0, ALL, (side) => judgedOf(side === 0 ? each.own : each.other, each.labels))
  pairing.probabilities(1, some, (side) => judgedOf(of(side === 0 ? each.own : each.other), of(each.labels)))
  const { auc } = pairing.chance()
  const [whole, half] = [standardErrorOf(auc, 'h0'), standardErrorOf(auc, 'h1')]
  const covariance = auc.values[1]!
  expect(covariance).toBe(auc.values[2])
  expect(Math.abs(covariance)).toBeLessThanOrEqual(whole * half)
  // Half of the examples of the one are all of the other.
  expect(covariance / whole ** 2).toBeGreaterThan(0.5)
})

test('a figure that one of the two does not have moves nothing', () => {
  const each = pairedHead(new Random(6))
  const { auc, normalised_entropy } = paired([{ ...each, own: each.own.map(() => Number.NaN) }]).chance()
  expect([standardErrorOf(auc, 'h0'), standardErrorOf(normalised_entropy, 'none')]).toEqual([0, 0])
})

test('what learns and what served are reported on the examples that both foresaw, round the end of the window and all', () => {
  const random = new Random(8)
  const WINDOW = 64
  const metrics = new ProgressiveMetrics(HEADS, WINDOW)
  const onlyBoth = new ProgressiveMetrics(HEADS, WINDOW)
  const [dwell, satisfaction] = ['dwell', 'satisfaction'].map((name) =>
    HEADS.findIndex((head) => head.name === name),
  ) as [number, number]
  for (let key = 0; key < 100; key++) {
    const served = random.chance(0.7) ? HEADS.map(() => random.next()) : []
    const logits = Float32Array.from(HEADS, () => random.next() * 4 - 2)
    const judgement = { weight: random.below(3), positives: random.below(2 ** HEADS.length) }
    const [time, answer] = [random.next() * 10, random.chance(0.5)]
    const isTold = random.chance(0.5)
    for (const each of [metrics, onlyBoth]) {
      // The other one begins as many, and forgets those that nobody served.
      const place = each.begin(key, 0, served)
      if (each === metrics || served.length > 0) each.foresee(place, logits, 0)
      each.judge(key, judgement)
      if (isTold) each.judgeTime(key, dwell, time)
      if (isTold) each.judgeAnswer(key, satisfaction, answer)
    }
  }
  for (const examples of [WINDOW, 20]) {
    const { learner, served, chance } = metrics.compare(examples)
    expect(learner).toEqual(onlyBoth.report('learner', 0, examples))
    expect(served).toEqual(metrics.report('served', 0, examples))
    expect(standardErrorOf(chance.auc, 'click')).toBeGreaterThan(0)
    expect(standardErrorOf(chance.time_error, 'dwell')).toBeGreaterThan(0)
    expect(metrics.compare(examples)).toEqual({ learner, served, chance })
  }
})
