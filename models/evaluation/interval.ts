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

/** Coefficients of formula 26.2.23. */
const ABOVE = [2.515_517, 0.802_853, 0.010_328]
const BELOW = [1, 1.432_788, 0.189_269, 0.001_308]

/**
 * How many standard errors a normal draw lies beyond, to one side, with so small a probability (up to a half), within
 * 4.5e-4 (Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 26.2.23).
 */
export const deviationsBeyond = (probability: number): number => {
  const t = Math.sqrt(-2 * Math.log(probability))
  const polynomial = (coefficients: readonly number[]): number =>
    coefficients.reduceRight((sum, each) => sum * t + each, 0)
  return t - polynomial(ABOVE) / polynomial(BELOW)
}
