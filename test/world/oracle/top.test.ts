import fc from 'fast-check'
import { expect, test } from 'vitest'
import { topOf } from '../../../world/oracle/top.ts'

test('the top of scores is what sorting all of them would put first', () => {
  const scores = fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 60 })
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 20 }), (given, size) => {
      const into = new Int32Array(size)
      const found = topOf(Float64Array.from(given), given.length, into)
      const sorted = given
        .map((score, index) => ({ score, index }))
        .sort((one, other) => other.score - one.score || one.index - other.index)
      expect([...into.subarray(0, found)]).toEqual(sorted.slice(0, size).map(({ index }) => index))
    }),
  )
})
