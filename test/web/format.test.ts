import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ago,
  duration,
  fixed,
  hueOf,
  percent,
  plural,
  short,
  signed,
  startOf,
  words,
} from '../../web/format.js'

test.each([
  [-5, 'just now'],
  [59_999, 'just now'],
  [60_000, '1 min ago'],
  [3_599_999, '59 min ago'],
  [3_600_000, '1 h ago'],
  [86_399_999, '23 h ago'],
  [9 * 86_400_000, '9 d ago'],
])('%i ms ago reads as "%s"', (ms, text) => {
  expect(ago(ms)).toBe(text)
})

test.each([
  [null, '–'],
  [0, '0.0 ms'],
  [9.96, '10.0 ms'],
  [412.3, '412 ms'],
  [1_250, '1.3 s'],
  [12_499, '12 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [7_199_999, '119 min'],
  [3 * 86_400_000, '3 d'],
])('a duration of %s ms reads as "%s"', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test.each([
  [0, '0 %'],
  [0.00000123, '< 0.01 %'],
  [0.00539, '0.539 %'],
  [0.1024, '10.2 %'],
  [1, '100 %'],
])('%s as a part reads as "%s"', (part, text) => {
  expect(percent(part)).toBe(text)
})

test('numbers have a true minus, and a plus where the sign matters', () => {
  expect([short(-30), short(0.012345), short(0)]).toEqual(['−30', '0.0123', '0'])
  expect([fixed(0.5), fixed(-1.23456)]).toEqual(['0.500', '−1.235'])
  expect([signed(0.12), signed(-0.12), signed(0)]).toEqual(['+0.120', '−0.120', '0.000'])
})

test('counts and names are words', () => {
  expect([plural(1, 'post'), plural(0, 'post'), plural(1_234, 'reply', 'replies')]).toEqual([
    '1 post',
    '0 posts',
    '1,234 replies',
  ])
  expect(words('out-of_network')).toBe('out of network')
})

test('a start is cut between characters as people count them, and keeps a text that is short enough', () => {
  expect(startOf('abc', 3)).toBe('abc')
  expect(startOf('abcd', 3)).toBe('abc…')
  expect(startOf('👩‍👩‍👧e\u0301x', 2)).toBe('👩‍👩‍👧e\u0301…')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, charactersMax) => {
      const start = startOf(text, charactersMax)
      expect(start === text || text.startsWith(start.slice(0, -1))).toBe(true)
    }),
  )
})

test('an id always has the same hue', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (id) => {
      const hue = hueOf(id)
      expect(hue).toBe(hueOf(id))
      expect(hue >= 0 && hue < 360 && Number.isInteger(hue)).toBe(true)
    }),
  )
})
