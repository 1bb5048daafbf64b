import { expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { ScoreOrder } from '../../../models/metrics/score-order.ts'

const LENGTHS = [0, 1, 2, 700, 3, 5_000, 4]

/** Float32s of any bits but NaN, many of them alike. */
const scoresOf = (random: Random, length: number): Float32Array => {
  const bits = Uint32Array.from({ length }, () => random.below(2 ** 32))
  const alike = Uint32Array.from({ length: 8 }, () => random.below(2 ** 32))
  const mixed = bits.map((each) => (random.chance(0.5) ? alike[random.below(alike.length)]! : each))
  return new Float32Array(mixed.buffer).map((score) => (Number.isNaN(score) ? 0 : score))
}

test('scores are ordered as a sort with a comparator orders them, each once, however many came before', () => {
  const order = new ScoreOrder()
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(seed)
    for (const length of LENGTHS) {
      const scores = scoresOf(random, length)
      const found = order.of(scores)
      expect(Array.from(found, (index) => scores[index]! + 0)).toEqual(
        Array.from(scores, (score) => score + 0).sort((one, other) => one - other || 0),
      )
      expect(Array.from(found).sort((one, other) => one - other)).toEqual([...scores.keys()])
    }
  }
})

test('scores that are part of a larger array are read from where they lie', () => {
  const scores = Float32Array.of(9, 9, 3, -1, 2, 9).subarray(2, 5)
  expect([...new ScoreOrder().of(scores)]).toEqual([1, 2, 0])
})
