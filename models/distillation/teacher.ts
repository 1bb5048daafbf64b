import { SAMPLE_ROWS, SAMPLE_TOP, topShareOf } from './ranking-sample.ts'

/** Half of what is learned is which candidates are kept at all, half how much better one is than the other. */
const KEPT_SHARE = 0.5
/** Expected values are told apart in units of this share of their deviation. */
const SOFTNESS = 0.5
const DEVIATION_FLOOR = 1e-6

/**
 * What the light ranker is to foresee of a sample, as probabilities that sum to 1: one half over those that the heavy
 * ranker put first ("kept in its top"), one half by e to their expected values ("soft scores": "Distilling the Knowledge
 * in a Neural Network", Hinton et al., 2015). In both, what stands for many counts for many: for one that pass 0 would
 * have dropped there are others of its kind, of which nothing was heard. Written to `into`.
 */
export const teach = (values: Float32Array, shares: Float32Array, into: Float32Array, at: number): void => {
  const temperature = SOFTNESS * deviationOf(values, shares)
  const greatest = values.reduce((most, value) => Math.max(most, value))
  let sum = 0
  for (let row = 0; row < SAMPLE_ROWS; row++) {
    into[at + row] = shares[row]! * Math.exp((values[row]! - greatest) / temperature)
    sum += into[at + row]!
  }
  const kept = topShareOf(shares, 0)
  for (let row = 0; row < SAMPLE_ROWS; row++) {
    const keptHere = row < SAMPLE_TOP ? (KEPT_SHARE * shares[row]!) / kept : 0
    into[at + row] = keptHere + ((1 - KEPT_SHARE) * into[at + row]!) / sum
  }
}

const deviationOf = (values: Float32Array, shares: Float32Array): number => {
  let [count, sum, squares] = [0, 0, 0]
  for (let row = 0; row < SAMPLE_ROWS; row++) {
    count += shares[row]!
    sum += shares[row]! * values[row]!
    squares += shares[row]! * values[row]! ** 2
  }
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)) + DEVIATION_FLOOR
}
