import { ScoreOrder } from './score-order.ts'

/** Predictions with what became of them; all arrays are as long as each other. */
export interface Judged {
  /** Any numbers that order: logits as well as probabilities. */
  readonly scores: Float32Array
  /** 1 for a positive, 0 for a negative. */
  readonly labels: Uint8Array
  /** How many predictions each stands for. */
  readonly weights: Float32Array
}

const scoreOrder = new ScoreOrder()

/**
 * The area under the ROC curve: the probability that a positive scores above a negative, a tie counting half. By
 * rank sums (Mann and Whitney, 1947) over weights, exactly; NaN without a positive and a negative, and where a score
 * is NaN. Takes a time that grows with the number of scores alone. Fills `below`, where given, with the weight of the
 * other label that scores below each, a tie counting half.
 */
export const rocAuc = ({ scores, labels, weights }: Judged, below?: Float64Array): number => {
  const order = scoreOrder.of(scores)
  let negativesBelow = 0
  let positives = 0
  let ordered = 0
  for (let start = 0, end = 0; start < order.length; start = end) {
    const score = scores[order[start]!]!
    if (Number.isNaN(score)) return Number.NaN
    let tiedPositives = 0
    let tiedNegatives = 0
    for (; end < order.length && scores[order[end]!] === score; end++) {
      const index = order[end]!
      if (labels[index] === 1) tiedPositives += weights[index]!
      else tiedNegatives += weights[index]!
    }
    if (below !== undefined) {
      const belowPositives = negativesBelow + tiedNegatives / 2
      const belowNegatives = positives + tiedPositives / 2
      for (let at = start; at < end; at++) {
        const index = order[at]!
        below[index] = labels[index] === 1 ? belowPositives : belowNegatives
      }
    }
    ordered += tiedPositives * (negativesBelow + tiedNegatives / 2)
    positives += tiedPositives
    negativesBelow += tiedNegatives
  }
  return positives === 0 || negativesBelow === 0 ? Number.NaN : ordered / (positives * negativesBelow)
}
