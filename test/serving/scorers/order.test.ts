import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inOrder, orderOf, ORDERED_MAX } from '../../../serving/scorers/order.ts'

const scores = fc.array(
  fc.oneof(fc.float(), fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity, NaN, 1.401298464324817e-45)),
  { maxLength: 200 },
)

test('scores are put in order, the greatest first, equals as they came, and what is no number last', () => {
  fc.assert(
    fc.property(scores, (given) => {
      const expected = given
        .map((score, index) => ({ score: Math.fround(score), index }))
        .sort((one, other) => {
          const difference = Number(Number.isNaN(one.score)) - Number(Number.isNaN(other.score))
          if (difference !== 0) return difference
          if (one.score === other.score || Number.isNaN(one.score)) return one.index - other.index
          return one.score > other.score ? -1 : 1
        })
        .map(({ index }) => index)
      const order = orderOf(Float32Array.from(given), given.length)
      expect([...order]).toEqual(expected)
      expect(inOrder(given, order)).toEqual(expected.map((index) => given[index]))
    }),
  )
})

test('only the first so many are looked at, and never more than fit', () => {
  expect([...orderOf(Float32Array.of(1, 3, 2, 9), 3)]).toEqual([1, 2, 0])
  expect(() => orderOf(new Float32Array(0), ORDERED_MAX + 1)).toThrow(RangeError)
})
