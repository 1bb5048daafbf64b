import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY_MS } from '../../schemas/ids.ts'
import { fatigueAfter, fatigueOf } from '../../serving/fatigue.ts'
import { later, userId } from '../processors/events.ts'

test('a see-less leaves nothing for 14 days, then 0.2, and all after 140', () => {
  const days = [0, 13.99, 14, 77, 139.99, 140, 1_000, -1]
  const left = days.map((each) => Number(fatigueAfter(each * DAY_MS).toFixed(3)))
  expect(left).toEqual([0, 0, 0.2, 0.6, 1, 1, 1, 1])
})

test('it only rises with time, and never leaves its bounds', () => {
  const age = fc.nat(200 * DAY_MS)
  fc.assert(
    fc.property(age, age, (one, other) => {
      const [earlier, later_] = [Math.min(one, other), Math.max(one, other)].map(fatigueAfter)
      expect(earlier!).toBeLessThanOrEqual(later_!)
      expect(earlier).toSatisfy((left: number) => left === 0 || (left >= 0.2 && left <= 1))
    }),
  )
})

test('authors without a see-less, and those of whom it is yet to be given, are worth all', () => {
  const left = fatigueOf(new Map([[userId('ann'), later(0)]]))
  expect(left(userId('ann'), later(DAY_MS))).toBe(0)
  expect(left(userId('ann'), later(-1))).toBe(1)
  expect(left(userId('bob'), later(DAY_MS))).toBe(1)
})
