import type { Judged } from './ranking.ts'

/**
 * What each example adds, by chance, to the difference of a figure between two models that foresaw it: squares add up
 * to the variance of the difference, products with those of another head to their covariance. Examples count as drawn
 * one by one; one that stands for several does so because the others were left out, so its weight is squared.
 */
export type Influences = Float32Array

type Told = Pick<Judged, 'labels' | 'weights'>

/**
 * Of what an area under the ROC curve is below another's, from what is below each example by the one and by the other
 * (see `rocAuc`): the structural components of DeLong, DeLong and Clarke-Pearson ("Comparing the Areas under Two or
 * More Correlated Receiver Operating Characteristic Curves", Biometrics, 1988), by ranks (Sun and Xu, "Fast
 * Implementation of DeLong's Algorithm", IEEE Signal Processing Letters, 2014), and weighed. Of a positive, the
 * component is the share of negatives below it; of a negative, that of positives above it.
 */
export const aucFallInfluences = (
  { labels, weights }: Told,
  own: Float64Array,
  other: Float64Array,
): Influences => {
  const totals = [0, 0]
  for (let at = 0; at < labels.length; at++) totals[labels[at]!]! += weights[at]!
  const [negatives, positives] = totals as [number, number]
  const falls = new Float32Array(labels.length)
  for (let at = 0; at < labels.length; at++) {
    const difference = other[at]! - own[at]!
    falls[at] = labels[at] === 1 ? difference / negatives : -difference / positives
  }
  return centred(falls, weights, labels)
}

/** Of what a mean is above another's, in units of `unit`. Arrays hold as many as there are weights, at least. */
export const meanRiseInfluences = (
  weights: Float32Array,
  own: Float64Array,
  other: Float64Array,
  unit = 1,
): Influences => {
  const rises = new Float32Array(weights.length)
  for (let at = 0; at < rises.length; at++) rises[at] = (own[at]! - other[at]!) / unit
  return centred(rises, weights, new Uint8Array(weights.length))
}

/** Makes of the values of two samples, 0 and 1, what each adds to the mean of its own; in place. */
const centred = (values: Float32Array, weights: Float32Array, samples: Uint8Array): Influences => {
  const total = [0, 0]
  const squares = [0, 0]
  const sum = [0, 0]
  for (let at = 0; at < values.length; at++) {
    const sample = samples[at]!
    const weight = weights[at]!
    total[sample]! += weight
    squares[sample]! += weight * weight
    sum[sample]! += weight * values[at]!
  }
  const mean = sum.map((each, sample) => each / total[sample]!)
  const scale = total.map((each, sample) => Math.sqrt(besselOf(each ** 2 / squares[sample]!)) / each)
  for (let at = 0; at < values.length; at++) {
    const sample = samples[at]!
    values[at] = weights[at]! * (values[at]! - mean[sample]!) * scale[sample]!
  }
  return values
}

/** Values lie closer to their own mean than to the true one: by how much more they vary, of a sample worth so many. */
const besselOf = (size: number): number => size / Math.max(1, size - 1)
