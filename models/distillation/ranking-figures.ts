import type { Figures } from '../metrics/paired-figures.ts'
import { SAMPLE_ROWS, SAMPLE_TOP, topShareOf } from './ranking-sample.ts'

/** Of 1,500 candidates pass 0 keeps 500. */
const KEPT_OF_ALL = 1 / 3

/** What there is to judge scores by: `SAMPLE_ROWS` numbers from `at` on each. */
export interface JudgedSample {
  readonly teacher: Float32Array
  readonly shares: Float32Array
  readonly at: number
}

/**
 * How well scores foresee a sample of a ranking: the loss that `lightTrainingGraph` learns by; and which share of those
 * that the heavy ranker put first would be among the third that is kept, were each candidate there as often as it
 * stands for, the first too. Equal scores come in the midst of each other.
 */
export const rankingFigures = (scores: Float32Array, { teacher, shares, at }: JudgedSample): Figures => {
  const greatest = scores.subarray(at, at + SAMPLE_ROWS).reduce((most, score) => Math.max(most, score))
  let sum = 0
  let taught = 0
  let all = 0
  for (let row = at; row < at + SAMPLE_ROWS; row++) {
    sum += shares[row]! * Math.exp(scores[row]! - greatest)
    taught += teacher[row]! * (scores[row]! + Math.log(shares[row]!))
    all += shares[row]!
  }
  let kept = 0
  for (let row = at; row < at + SAMPLE_TOP; row++) {
    if (aheadOf(row, scores, shares, at) < all * KEPT_OF_ALL) kept += shares[row]!
  }
  return { loss: Math.log(sum) + greatest - taught, share: kept / topShareOf(shares, at) }
}

const aheadOf = (row: number, scores: Float32Array, shares: Float32Array, at: number): number => {
  let ahead = 0
  for (let other = at; other < at + SAMPLE_ROWS; other++) {
    if (other === row || scores[other]! < scores[row]!) continue
    ahead += scores[other]! > scores[row]! ? shares[other]! : shares[other]! / 2
  }
  return ahead
}
