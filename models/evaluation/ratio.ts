import { type Estimate, estimateOf } from './interval.ts'

/** Sums over independent units, of a number y and another x. */
export interface RatioSums {
  /** Units. */
  readonly count: number
  readonly y: number
  readonly x: number
  readonly yy: number
  readonly xx: number
  readonly xy: number
}

/**
 * Σy / Σx with its interval, by the delta method over units: Var(R) ≈ (s_yy − 2 R s_xy + R² s_xx) / (n x̄²)
 * ("Applying the Delta Method in Metric Analytics", Deng et al., 2018). Null where x or all but one unit are missing.
 */
export const ratioOf = ({ count, y, x, yy, xx, xy }: RatioSums): Estimate | null => {
  if (count < 2 || x <= 0) return null
  const ratio = y / x
  const freedom = count - 1
  const covariance = (product: number, one: number, other: number): number =>
    (product - (one * other) / count) / freedom
  const spread = covariance(yy, y, y) - 2 * ratio * covariance(xy, x, y) + ratio ** 2 * covariance(xx, x, x)
  const mean = x / count
  return estimateOf(ratio, Math.sqrt(Math.max(0, spread) / count) / mean)
}

/** How two independent estimates differ: the first less the second. */
export const differenceOf = (one: Estimate, other: Estimate): Estimate =>
  estimateOf(one.value - other.value, Math.hypot(one.standardError, other.standardError))
