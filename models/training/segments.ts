import { PASSIVE_SHOWN_MIN, rarelyDoesMore } from '../../processors/experiments/measures.ts'
import { rankingRow } from '../ranking-row.ts'

export { PASSIVE_ONE_IN } from '../../processors/experiments/measures.ts'

/** Segments of examples that metrics are reported by, told by the row as it was served. */
export const SEGMENTS = [
  'active_viewers',
  'passive_viewers',
  'new_viewers',
  'new_posts',
  'old_posts',
] as const
export type Segment = (typeof SEGMENTS)[number]

/** Posts that somebody has looked at, below which they are new. */
export const NEW_VIEWS = PASSIVE_SHOWN_MIN
const NEW_POST_HOURS = 24

const ENGAGEMENTS = rankingRow.indexOf('user.engagements.decayed_30d')
const VIEWS = rankingRow.indexOf('user.views.decayed_30d')
const VIEWS_TOTAL = rankingRow.indexOf('user.views.total')
const AGE_HOURS = rankingRow.indexOf('context.age_hours')

export const segmentBit = (segment: Segment): number => 1 << SEGMENTS.indexOf(segment)

const [ACTIVE, PASSIVE, NEW_VIEWER, NEW_POST, OLD_POST] = SEGMENTS.map(segmentBit) as [
  number,
  number,
  number,
  number,
  number,
]

/** The segments of the row at `rows[at..]`, a bit each. Who is new is neither active nor passive yet. */
export const segmentsOf = (rows: Float32Array, at: number): number => {
  const viewer =
    rows[at + VIEWS_TOTAL]! < NEW_VIEWS
      ? NEW_VIEWER
      : rarelyDoesMore(rows[at + VIEWS]!, rows[at + ENGAGEMENTS]!)
        ? PASSIVE
        : ACTIVE
  return viewer | (rows[at + AGE_HOURS]! < NEW_POST_HOURS ? NEW_POST : OLD_POST)
}
