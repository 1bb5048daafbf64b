import type { Column } from '../../features/columns.ts'
import { DAY_MS, SECOND_MS } from '../../schemas/ids.ts'

/**
 * How the graph reads a raw value x of a column. Rows hold raw values, exactly as logged; what follows is part
 * of the network, so that training and serving cannot differ in it.
 *
 * - `linear`: x, from −LINEAR_MAX to LINEAR_MAX: for flags and what lies between −1 and 1.
 * - `log`: ln(1 + z), z = x / per from 0 to max: for counts, which differ by orders of magnitude.
 * - `age`: the same for a time since something, where below 0 is never and reads as max.
 */
export type Transform = { readonly kind: 'linear' } | CurvedTransform

export interface CurvedTransform {
  readonly kind: 'log' | 'age'
  readonly per: number
  /** In units of `per`. Keeps a broken value from becoming infinite. */
  readonly max: number
}

export const isCurved = (transform: Transform): transform is CurvedTransform => transform.kind !== 'linear'

export const LINEAR_MAX = 1_000

/** One float32 of a row that a model reads. */
export interface RowColumn extends Column {
  readonly transform: Transform
}

const COUNT_MAX = 1e9
/** What is longer ago is as good as never: the time to live of most views. */
const AGE_DAYS_MAX = 420

export const linear: Transform = { kind: 'linear' }
export const log = (per = 1, max = COUNT_MAX): CurvedTransform => ({ kind: 'log', per, max })
export const age = (per: number, max: number): CurvedTransform => ({ kind: 'age', per, max })

/**
 * Rates are read in units of a usual one, so that this reads as ln 2. Up to ten times as much: where views are
 * not published a rate is no rate, for engagements alone make it as high as they are many.
 */
const USUAL_RATE = 0.05
const USUAL_NEGATIVE_RATE = 0.001
const RATE_MAX = 4

/** The transform of a view's column, by what it measures. */
export const transformOf = ({ name, unit }: Column): Transform => {
  if (unit === 'ratio')
    return log(name.includes('.negatives_per_') ? USUAL_NEGATIVE_RATE : USUAL_RATE, RATE_MAX)
  if (name.endsWith('.since_last_ms')) return age(DAY_MS, AGE_DAYS_MAX)
  return log(unit === 'ms' ? SECOND_MS : 1)
}
