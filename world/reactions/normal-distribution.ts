/** Of formula 7.1.26: what the error function is approximated by, within 1.5e-7. */
const P = 0.327_591_1
const COEFFICIENTS = [0.254_829_592, -0.284_496_736, 1.421_413_741, -1.453_152_027, 1.061_405_429]

/**
 * How likely a standard normal draw is at most `x`, within 1e-7 (Abramowitz and Stegun, "Handbook of Mathematical
 * Functions", 1964, 7.1.26).
 */
export const normalCdf = (x: number): number => {
  const z = Math.abs(x) / Math.SQRT2
  const t = 1 / (1 + P * z)
  const tail = COEFFICIENTS.reduceRight((sum, each) => (sum + each) * t, 0) * Math.exp(-z * z)
  return x < 0 ? tail / 2 : 1 - tail / 2
}
