import { expect, test } from 'vitest'
import { normalCdf } from '../../../world/reactions/normal-distribution.ts'

test('the normal distribution is as tables say, to seven digits, and symmetric', () => {
  for (const [x, probability] of [
    [0, 0.5],
    [0.5, 0.691_462_5],
    [1, 0.841_344_7],
    [1.96, 0.975_002_1],
    [3, 0.998_650_1],
  ] as const) {
    expect(normalCdf(x)).toBeCloseTo(probability, 6)
    expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 7)
  }
})
