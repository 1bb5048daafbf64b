import { type Judged, rocAuc } from './ranking.ts'

/** How good a head's probabilities were. What cannot be said, such as an order of positives alone, is null. */
export interface ProbabilityReport {
  /** Predictions; positives among them. Both weighed. */
  readonly count: number
  readonly positives: number
  readonly auc: number | null
  /** Nats a prediction. */
  readonly logLoss: number | null
  /** Log loss by that of always saying the base rate ("Practical Lessons from Predicting Clicks", He et al., 2014). */
  readonly normalisedEntropy: number | null
  /** Expected positives by those there were: above 1 is too many. */
  readonly calibration: number | null
}

/** What a report is made of, prediction by prediction, in arrays that hold as many at least. */
export interface PredictionFigures {
  /** Nats. */
  readonly losses: Float64Array
  /** See `rocAuc`. */
  readonly below: Float64Array
}

/** The report of logits against labels; fills `each`, where given. */
export const probabilityReport = (
  { scores, labels, weights }: Judged,
  each?: PredictionFigures,
): ProbabilityReport => {
  let count = 0
  let positives = 0
  let expected = 0
  let loss = 0
  for (let at = 0; at < scores.length; at++) {
    const weight = weights[at]!
    const logit = scores[at]!
    const small = Math.exp(-Math.abs(logit))
    count += weight
    positives += weight * labels[at]!
    expected += (weight * (logit < 0 ? small : 1)) / (1 + small)
    const own = Math.max(logit, 0) + Math.log1p(small) - labels[at]! * logit
    loss += weight * own
    if (each !== undefined) each.losses[at] = own
  }
  return {
    count,
    positives,
    auc: said(rocAuc({ scores, labels, weights }, each?.below)),
    logLoss: said(loss / count),
    normalisedEntropy: said(loss / count / entropyOf(positives / count)),
    calibration: said(expected / positives),
  }
}

/** Nats a prediction of always saying the base rate; NaN where that is 0 or 1. */
export const entropyOf = (rate: number): number =>
  rate <= 0 || rate >= 1 ? Number.NaN : -rate * Math.log(rate) - (1 - rate) * Math.log1p(-rate)

const said = (value: number): number | null => (Number.isFinite(value) ? value : null)
