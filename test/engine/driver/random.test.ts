import { describe, expect, it } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'

const drawn = (seed: number, count: number): number[] => {
  const random = new Random(seed)
  return Array.from({ length: count }, () => random.next())
}

describe('seeded randomness', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(drawn(7, 50)).toEqual(drawn(7, 50))
    expect(drawn(7, 50)).not.toEqual(drawn(8, 50))
  })

  it('lies in [0, 1), evenly, for neighbouring seeds too', () => {
    for (const seed of [0, 1, 2, -1, 2 ** 32 - 1]) {
      const values = drawn(seed, 20_000)
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...values)).toBeLessThan(1)
      // The mean of 20,000 has a standard deviation of 0.002.
      expect(Math.abs(values.reduce((sum, value) => sum + value) / values.length - 0.5)).toBeLessThan(0.01)
    }
    const firsts = Array.from({ length: 10_000 }, (_, seed) => drawn(seed, 1)[0]!)
    expect(Math.abs(firsts.reduce((sum, value) => sum + value) / firsts.length - 0.5)).toBeLessThan(0.015)
  })

  it('picks every integer below a bound, and every item of a list', () => {
    const random = new Random(1)
    expect(new Set(Array.from({ length: 1_000 }, () => random.below(7)))).toEqual(
      new Set([0, 1, 2, 3, 4, 5, 6]),
    )
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b'])))).toEqual(new Set(['a', 'b']))
    expect(() => random.pick([])).toThrow('nothing to pick from')
  })
})
