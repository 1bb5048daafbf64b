import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rankingRow } from '../../../models/ranking-row.ts'
import { SEGMENTS, segmentBit, segmentsOf } from '../../../models/training/segments.ts'

const AT = 3

/** The segments of a row of which these columns are told, by name; it lies behind others. */
const segmentsIn = (columns: Readonly<Record<string, number>>): string[] => {
  const rows = new Float32Array(AT + rankingRow.width).fill(7, 0, AT)
  for (const [name, value] of Object.entries(columns)) rows[AT + rankingRow.indexOf(name)] = value
  const bits = segmentsOf(rows, AT)
  expect(bits >> SEGMENTS.length).toBe(0)
  return SEGMENTS.filter((segment) => (bits & segmentBit(segment)) !== 0)
}

test('a viewer is new, passive or active, and a post new or old, as what was counted of them says', () => {
  const counted = fc.record({
    'user.engagements.decayed_30d': fc.nat(40),
    'user.views.decayed_30d': fc.nat(1_000),
    'user.views.total': fc.nat(120),
    'context.age_hours': fc.nat(60),
  })
  fc.assert(
    fc.property(counted, (columns) => {
      const deeds = columns['user.engagements.decayed_30d']
      const looks = columns['user.views.decayed_30d']
      const kind = deeds / looks < 1 / 25 ? 'passive_viewers' : 'active_viewers'
      expect(segmentsIn(columns)).toEqual(
        [
          columns['user.views.total'] < 50 ? 'new_viewers' : kind,
          columns['context.age_hours'] < 24 ? 'new_posts' : 'old_posts',
        ].sort(inOrder),
      )
    }),
    { numRuns: 500 },
  )
})

const inOrder = (one: string, other: string): number =>
  SEGMENTS.findIndex((each) => each === one) - SEGMENTS.findIndex((each) => each === other)

test.each([
  [0, 300, 'passive_viewers'],
  [11, 300, 'passive_viewers'],
  [12, 300, 'active_viewers'],
  [50, 300, 'active_viewers'],
  [0, 0, 'active_viewers'],
])('who did %i things on %i posts that they looked at is among %s', (deeds, looks, segment) => {
  const columns = {
    'user.engagements.decayed_30d': deeds,
    'user.views.decayed_30d': looks,
    'user.views.total': 400,
  }
  expect(segmentsIn(columns)).toEqual([segment, 'new_posts'])
})
