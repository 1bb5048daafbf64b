import { type Judged, rocAuc } from './ranking.ts'

/** Predictions that a report looks back on. */
export const WINDOW = 65_536

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

/**
 * Metrics over the last `WINDOW` predictions of a head, each told with its label before it is learned from: what
 * is measured so is how the model does on what it has not seen. Fixed memory; a report costs a sort.
 */
export class ProbabilityMetrics {
  private readonly window: Judged
  private count = 0

  constructor(window: number = WINDOW) {
    this.window = {
      scores: new Float32Array(window),
      labels: new Uint8Array(window),
      weights: new Float32Array(window),
    }
  }

  add(logit: number, isPositive: boolean, weight: number): void {
    const at = this.count++ % this.window.scores.length
    this.window.scores[at] = logit
    this.window.labels[at] = isPositive ? 1 : 0
    this.window.weights[at] = weight
  }

  clear(): void {
    this.count = 0
  }

  report(): ProbabilityReport {
    const { scores, labels, weights } = this.window
    const end = Math.min(this.count, scores.length)
    let count = 0
    let positives = 0
    let expected = 0
    let loss = 0
    for (let at = 0; at < end; at++) {
      const weight = weights[at]!
      const logit = scores[at]!
      count += weight
      positives += weight * labels[at]!
      expected += weight / (1 + Math.exp(-logit))
      loss += weight * (softplus(logit) - labels[at]! * logit)
    }
    const baseLoss = entropyOf(positives / count)
    return {
      count,
      positives,
      auc: said(
        rocAuc({
          scores: scores.subarray(0, end),
          labels: labels.subarray(0, end),
          weights: weights.subarray(0, end),
        }),
      ),
      logLoss: said(loss / count),
      normalisedEntropy: said(loss / count / baseLoss),
      calibration: said(expected / positives),
    }
  }
}

const softplus = (value: number): number => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)))

const entropyOf = (rate: number): number =>
  rate <= 0 || rate >= 1 ? Number.NaN : -rate * Math.log(rate) - (1 - rate) * Math.log1p(-rate)

const said = (value: number): number | null => (Number.isFinite(value) ? value : null)
