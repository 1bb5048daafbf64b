import type { ViewRows } from '../../../features/view.ts'
import { post } from '../../../processors/views/post.ts'
import { postCountry } from '../../../processors/views/post-country.ts'
import { HOUR_MS } from '../../../schemas/ids.ts'

/**
 * How a post trends: `w · ln(1 + e_24h) + r · (rate_24h − prior) − a · log2(1 + age / 6 h)`, e being its decayed
 * engagements (half-life 24 h) and rate its engagements per view. In a country e is of that country, and
 * there is no rate. By hand, as is fit for what only chooses candidates: the models rank.
 */
const POPULARITY_WEIGHT = 0.6
const RATE_WEIGHT = 4
/** What a post without views reads as: the view's prior of 1 in 20. */
const RATE_PRIOR = 0.05
/** Where views are not published, the rate is no rate: engagements alone would make it as high as they are many. */
const RATE_MAX = 0.5
const AGE_WEIGHT = 0.5
const AGE_UNIT_MS = 6 * HOUR_MS

const columnOf = (view: ViewRows, name: string): number => {
  const column = view.columns.findIndex((each) => each.name === name)
  if (column === -1) throw new RangeError(`view ${view.name} has no column ${name}`)
  return column
}

const ENGAGEMENTS = columnOf(post, 'post.engagements.decayed_24h')
const RATE = columnOf(post, 'post.engagements_per_views.rate_24h')
const COUNTRY_ENGAGEMENTS = columnOf(postCountry, 'post_country.engagements.decayed_24h')

const ln1 = (value: number): number => Math.log1p(Math.max(0, value))

/** `values` holds a row of the post view from `at` on. */
export const popularity = (values: Float32Array, at: number): number =>
  POPULARITY_WEIGHT * ln1(values[at + ENGAGEMENTS]!) +
  RATE_WEIGHT * (Math.min(values[at + RATE]!, RATE_MAX) - RATE_PRIOR)

/** `values` holds a row of the post-country view from `at` on; 0 where nobody of the country took to the post. */
export const popularityInCountry = (values: Float32Array, at: number): number =>
  POPULARITY_WEIGHT * ln1(values[at + COUNTRY_ENGAGEMENTS]!)

/** Zero or below. */
export const ageTerm = (ageMs: number): number =>
  -AGE_WEIGHT * Math.log2(1 + Math.max(0, ageMs) / AGE_UNIT_MS)
