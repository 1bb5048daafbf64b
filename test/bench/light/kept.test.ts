import { expect, test } from 'vitest'
import { keptShares } from '../../../bench/light/kept.ts'
import { Random } from '../../../engine/driver/random.ts'

test("what the light ranker keeps of the heavy one's first 25 is counted, a ranking at a time", () => {
  const values = Float32Array.from({ length: 60 }, (_, candidate) => candidate)
  const backwards = values.map((value) => -value)
  const rankings = [
    { values, lightScores: values },
    { values, lightScores: backwards },
    // Only the best is put last.
    { values, lightScores: values.map((value) => (value === 59 ? -1 : value)) },
  ]
  expect(keptShares(rankings, 30)).toEqual([1, 0, 24 / 25])
  expect(keptShares(rankings, 60)).toEqual([1, 1, 1])
  // Of the last 40, which are put first, five are among the heavy ranker's 25.
  expect(keptShares([{ values, lightScores: backwards }], 40)).toEqual([5 / 25])
})

test('by chance a light ranker keeps as large a share as it keeps of all', () => {
  const random = new Random(3)
  const scores = (): Float32Array => Float32Array.from({ length: 1_000 }, () => random.next())
  const rankings = Array.from({ length: 50 }, () => ({ values: scores(), lightScores: scores() }))
  const shares = keptShares(rankings, 500)
  expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeCloseTo(0.5, 1)
})
