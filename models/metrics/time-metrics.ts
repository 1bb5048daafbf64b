/** How good a head's times were, in logarithms of milliseconds: 0.1 is about a tenth of the time. */
export interface TimeReport {
  readonly count: number
  readonly meanAbsoluteError: number | null
  /** Above 0 where times were foreseen too long. */
  readonly bias: number | null
  /** The share of the variance that was foreseen: 0 for always saying the mean, 1 for knowing. */
  readonly explained: number | null
}

/** Logarithms of milliseconds as they were foreseen, what they came to, and how many each stands for. */
export interface JudgedTimes {
  readonly foreseen: Float32Array
  readonly actual: Float32Array
  readonly weights: Float32Array
}

/** The report of times; fills `errors`, where given, with how far off each was. */
export const timeReport = ({ foreseen, actual, weights }: JudgedTimes, errors?: Float64Array): TimeReport => {
  if (errors !== undefined)
    for (let at = 0; at < foreseen.length; at++) errors[at] = Math.abs(foreseen[at]! - actual[at]!)
  const mean = (valueAt: (at: number) => number): number => {
    let sum = 0
    let count = 0
    for (let at = 0; at < foreseen.length; at++) {
      sum += weights[at]! * valueAt(at)
      count += weights[at]!
    }
    return sum / count
  }
  const centre = mean((at) => actual[at]!)
  const error = mean((at) => (foreseen[at]! - actual[at]!) ** 2)
  const variance = mean((at) => (actual[at]! - centre) ** 2)
  return {
    count: foreseen.length,
    meanAbsoluteError: said(mean((at) => Math.abs(foreseen[at]! - actual[at]!))),
    bias: said(mean((at) => foreseen[at]! - actual[at]!)),
    explained: said(1 - error / variance),
  }
}

const said = (value: number): number | null => (Number.isFinite(value) ? value : null)
