import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exp2 } from '../../features/exp2.ts'

const bits = (x: number): string => {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(exp2(x))
  return bytes.toString('hex')
}

test('powers of two are exact over the whole range of doubles', () => {
  for (let n = -1074; n <= 1023; n++) expect(exp2(n)).toBe(2 ** n)
})

test('agrees with Math.pow to 3e-15 of the value', () => {
  fc.assert(
    fc.property(fc.double({ min: -1000, max: 1000, noNaN: true }), (x) => {
      const expected = Math.pow(2, x)
      expect(Math.abs(exp2(x) - expected)).toBeLessThanOrEqual(3e-15 * expected)
    }),
    { numRuns: 2000 },
  )
})

test('never falls as x rises', () => {
  for (let x = -3; x < 3; x += 1 / 4096) expect(exp2(x + 1 / 4096)).toBeGreaterThan(exp2(x))
})

test('the bits are these, on every machine', () => {
  expect([0.1, 0.5, 3.3, 7.999999, -2.7].map((x) => bits(x))).toMatchInlineSnapshot(`
    [
      "3ff125fbee250664",
      "3ff6a09e667f3bcd",
      "4023b2c47bff8327",
      "406ffffe8bde9c21",
      "3fc3b2c47bff8327",
    ]
  `)
})

test('too small is 0 and too large is Infinity', () => {
  expect(exp2(-1e9)).toBe(0)
  expect(exp2(1e9)).toBe(Infinity)
})
