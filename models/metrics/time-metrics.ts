import { WINDOW } from './probability-metrics.ts'

/** How good a head's times were, in logarithms of milliseconds: 0.1 is about a tenth of the time. */
export interface TimeReport {
  readonly count: number
  readonly meanAbsoluteError: number | null
  /** Above 0 where times were foreseen too long. */
  readonly bias: number | null
  /** The share of the variance that was foreseen: 0 for always saying the mean, 1 for knowing. */
  readonly explained: number | null
}

/** Metrics over the last `WINDOW` times that a head foresaw; see `ProbabilityMetrics`. */
export class TimeMetrics {
  private readonly foreseen: Float32Array
  private readonly actual: Float32Array
  private readonly weights: Float32Array
  private count = 0

  constructor(window: number = WINDOW) {
    this.foreseen = new Float32Array(window)
    this.actual = new Float32Array(window)
    this.weights = new Float32Array(window)
  }

  add(foreseen: number, actual: number, weight: number): void {
    const at = this.count++ % this.foreseen.length
    this.foreseen[at] = foreseen
    this.actual[at] = actual
    this.weights[at] = weight
  }

  clear(): void {
    this.count = 0
  }

  report(): TimeReport {
    const { foreseen, actual, weights } = this
    const end = Math.min(this.count, foreseen.length)
    const mean = (valueAt: (at: number) => number): number => {
      let sum = 0
      let count = 0
      for (let at = 0; at < end; at++) {
        sum += weights[at]! * valueAt(at)
        count += weights[at]!
      }
      return sum / count
    }
    const centre = mean((at) => actual[at]!)
    const error = mean((at) => (foreseen[at]! - actual[at]!) ** 2)
    const variance = mean((at) => (actual[at]! - centre) ** 2)
    return {
      count: end,
      meanAbsoluteError: said(mean((at) => Math.abs(foreseen[at]! - actual[at]!))),
      bias: said(mean((at) => foreseen[at]! - actual[at]!)),
      explained: said(1 - error / variance),
    }
  }
}

const said = (value: number): number | null => (Number.isFinite(value) ? value : null)
