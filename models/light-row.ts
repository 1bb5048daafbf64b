import { rankingRow } from './ranking-row.ts'
import { CONTEXT_COLUMNS } from './row/context-columns.ts'

const LIGHT_VIEW_COLUMNS = [
  'user_author.engagements.decayed_30min',
  'user_author.engagements.decayed_1d',
  'user_author.engagements.decayed_30d',
  'user_author.negatives.decayed_14d',
  'post.engagements.decayed_30min',
  'post.engagements.decayed_24h',
  'post.engagements.decayed_3d',
  'post.engagements_per_views.rate_24h',
  'post.negatives.decayed_24h',
  'author.engagements.decayed_24h',
  'user_kind.engagements_per_views.rate_30d',
  'context.age_hours',
]
const LIGHT_CONTEXT_GROUPS = /^context\.(age_bucket|source|closeness|kind)\./

/** The shorter row that the light ranker reads: what can be had for every candidate at little cost. */
export const lightRow = rankingRow.select('light', [
  ...LIGHT_VIEW_COLUMNS,
  ...CONTEXT_COLUMNS.map((column) => column.name).filter((name) => LIGHT_CONTEXT_GROUPS.test(name)),
])
