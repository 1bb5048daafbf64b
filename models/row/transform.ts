import type { Column } from '../../features/columns.ts'
import { DAY_MS, SECOND_MS } from '../../schemas/ids.ts'

/**
 * How the graph reads a raw value x of a column. Rows hold raw values, exactly as logged; what follows is part
 * of the network, so that training and serving cannot differ in it. z = x / per, cut off at `max`.
 *
 * - `linear`: z, from −max to max.
 * - `log`: ln(1 + max(0, z)): for counts, which differ by orders of magnitude.
 * - `recency`: for a time since something, −1 for never: 1 − ln(1 + z) / ln(1 + max). 1 is just now, 0 is
 *   never or longer ago than `max`.
 */
export interface Transform {
  readonly kind: 'linear' | 'log' | 'recency'
  readonly per: number
  /** In units of `per`. Keeps a broken value from becoming infinite. */
  readonly max: number
}

/** One float32 of a row that a model reads. */
export interface RowColumn extends Column {
  readonly transform: Transform
}

const COUNT_MAX = 1e9
const LINEAR_MAX = 1_000
/** What is longer ago is as good as never: the time to live of most views. */
const RECENCY_DAYS_MAX = 420

export const linear = (per = 1, max = LINEAR_MAX): Transform => ({ kind: 'linear', per, max })
export const log = (per = 1, max = COUNT_MAX): Transform => ({ kind: 'log', per, max })
export const recency = (per: number, max: number): Transform => ({ kind: 'recency', per, max })

/**
 * Rates are read in units of a usual one, so that this reads as ln 2. Up to ten times as much: where views are
 * not published a rate is no rate, for engagements alone make it as high as they are many.
 */
const USUAL_RATE = 0.05
const USUAL_NEGATIVE_RATE = 0.001
const RATE_MAX = 10

/** The transform of a view's column, by what it measures. */
export const transformOf = ({ name, unit }: Column): Transform => {
  if (unit === 'ratio')
    return log(name.includes('.negatives_per_') ? USUAL_NEGATIVE_RATE : USUAL_RATE, RATE_MAX)
  if (name.endsWith('.since_last_ms')) return recency(DAY_MS, RECENCY_DAYS_MAX)
  return log(unit === 'ms' ? SECOND_MS : 1)
}
