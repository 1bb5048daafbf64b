import { rankingRow } from '../ranking-row.ts'

/** Segments of examples that metrics are reported by, told by the row as it was served. */
export const SEGMENTS = [
  'active_viewers',
  'passive_viewers',
  'new_viewers',
  'new_posts',
  'old_posts',
] as const
export type Segment = (typeof SEGMENTS)[number]

/** Who did something on less than one in so many posts that they looked at is passive. */
export const PASSIVE_ONE_IN = 25
/** Posts that somebody has looked at, below which they are new. */
export const NEW_VIEWS = 50
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
      : rows[at + ENGAGEMENTS]! * PASSIVE_ONE_IN < rows[at + VIEWS]!
        ? PASSIVE
        : ACTIVE
  return viewer | (rows[at + AGE_HOURS]! < NEW_POST_HOURS ? NEW_POST : OLD_POST)
}
