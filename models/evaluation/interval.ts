/** Of the normal distribution: 95% lie within so many standard errors. */
export const Z_95 = 1.959963984540054

/** An estimate with its 95% confidence interval. */
export interface Estimate {
  readonly value: number
  readonly standardError: number
  readonly low: number
  readonly high: number
}

export const estimateOf = (value: number, standardError: number): Estimate => ({
  value,
  standardError,
  low: value - Z_95 * standardError,
  high: value + Z_95 * standardError,
})

export const holds = ({ low, high }: Pick<Estimate, 'low' | 'high'>, value: number): boolean =>
  low <= value && value <= high
