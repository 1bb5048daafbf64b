import { describe, expect, test } from 'vitest'
import { Chance } from '../../world/chance.ts'

const draws = (chance: Chance, count = 5): readonly number[] =>
  Array.from({ length: count }, () => chance.next())

describe('chance', () => {
  test('is the same for the same seed and address, whatever was drawn in between', () => {
    const chance = new Chance(1)
    const first = draws(chance.of('post', 3, 4))
    draws(chance.of('visit', 9))
    expect(draws(chance.of('post', 3, 4))).toEqual(first)
    expect(draws(new Chance(2).of('post', 3, 4))).not.toEqual(first)
  })

  test('differs by purpose and by every number of the address', () => {
    const chance = new Chance(1)
    const firsts = [
      chance.of('post', 1, 2, 3).next(),
      chance.of('text', 1, 2, 3).next(),
      chance.of('post', 2, 2, 3).next(),
      chance.of('post', 1, 3, 3).next(),
      chance.of('post', 1, 2, 4).next(),
      chance.of('post', 2, 1, 3).next(),
    ]
    expect(new Set(firsts).size).toBe(firsts.length)
  })

  test('spreads evenly over neighbouring addresses', () => {
    const chance = new Chance(5)
    const counts = new Float64Array(10)
    for (let user = 0; user < 10_000; user++) counts[Math.floor(10 * chance.of('meeting', user, 7).next())]!++
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  })

  test('picks by weight, and nothing where all weights are 0', () => {
    const chance = new Chance(1).of('people')
    const counts = [0, 0, 0]
    for (let round = 0; round < 4_000; round++) counts[chance.weighted([1, 0, 3])]!++
    expect(counts[1]).toBe(0)
    expect(counts[2]! / counts[0]!).toBeGreaterThan(2.6)
    expect(counts[2]! / counts[0]!).toBeLessThan(3.4)
    expect(chance.weighted([0, 0])).toBe(-1)
  })

  test('samples without replacement, and none of weight 0', () => {
    const chance = new Chance(1).of('people')
    for (let round = 0; round < 100; round++) {
      const sampled = chance.sample(6, 4, (index) => (index === 2 ? 0 : 1))
      expect(new Set(sampled).size).toBe(4)
      expect(sampled).not.toContain(2)
    }
  })
})
