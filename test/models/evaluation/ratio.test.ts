import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { estimateOf, holds } from '../../../models/evaluation/interval.ts'
import { differenceOf, ratioOf, type RatioSums } from '../../../models/evaluation/ratio.ts'

interface Unit {
  readonly y: number
  readonly x: number
}

const sumsOf = (units: readonly Unit[]): RatioSums => {
  const sum = (value: (unit: Unit) => number): number => units.reduce((total, unit) => total + value(unit), 0)
  return {
    count: units.length,
    y: sum(({ y }) => y),
    x: sum(({ x }) => x),
    yy: sum(({ y }) => y * y),
    xx: sum(({ x }) => x * x),
    xy: sum(({ x, y }) => x * y),
  }
}

test('its variance is that of the residuals y − R x over units, by the mean of x', () => {
  const unit = fc.record({ y: fc.nat(50), x: fc.integer({ min: 1, max: 50 }) })
  fc.assert(
    fc.property(fc.array(unit, { minLength: 2, maxLength: 50 }), (units) => {
      const { value, standardError } = ratioOf(sumsOf(units))!
      const { x, y } = sumsOf(units)
      expect(value).toBe(y / x)
      const residuals = units.map((each) => each.y - value * each.x)
      const variance = residuals.reduce((sum, each) => sum + each ** 2, 0) / (units.length - 1)
      expect(standardError).toBeCloseTo(Math.sqrt(variance / units.length) / (x / units.length), 6)
    }),
  )
})

test('where users differ, its interval holds the truth, and one over impressions would not', () => {
  const random = new Random(3)
  const RUNS = 300
  let held = 0
  let heldByImpression = 0
  for (let run = 0; run < RUNS; run++) {
    const units = Array.from({ length: 300 }, () => {
      const x = 1 + random.below(40)
      // Half the users click a tenth of the time, the others never: 5% on average, whatever x is.
      const rate = random.chance(0.5) ? 0.1 : 0
      let y = 0
      for (let shown = 0; shown < x; shown++) if (random.chance(rate)) y++
      return { x, y }
    })
    const estimate = ratioOf(sumsOf(units))!
    if (holds(estimate, 0.05)) held++
    const { x } = sumsOf(units)
    if (holds(estimateOf(estimate.value, Math.sqrt((0.05 * 0.95) / x)), 0.05)) heldByImpression++
  }
  expect(held / RUNS).toBeGreaterThan(0.91)
  expect(heldByImpression / RUNS).toBeLessThan(0.9)
})

test('nothing is said of one unit, or of nothing shown', () => {
  expect(ratioOf(sumsOf([{ y: 1, x: 2 }]))).toBeNull()
  expect(ratioOf(sumsOf([]))).toBeNull()
  expect(
    ratioOf(
      sumsOf([
        { y: 0, x: 0 },
        { y: 0, x: 0 },
      ]),
    ),
  ).toBeNull()
})

test('a difference is as unsure as both together', () => {
  const { value, standardError } = differenceOf(estimateOf(0.5, 0.03), estimateOf(0.4, 0.04))
  expect(value).toBeCloseTo(0.1, 12)
  expect(standardError).toBeCloseTo(0.05, 12)
})
