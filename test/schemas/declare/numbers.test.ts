import { describe, expect, it } from 'vitest'
import {
  boolean,
  float,
  integer,
  MILLIS_MAX,
  MILLIS_MIN,
  number,
  time,
} from '../../../schemas/declare/numbers.ts'

describe('times', () => {
  it('lie between 2000 and 2100, ends included, so that another unit is noticed', () => {
    expect(MILLIS_MIN).toBe(Date.UTC(2000, 0, 1))
    expect(MILLIS_MAX).toBe(Date.UTC(2100, 0, 1))
    expect(time().breaks(MILLIS_MIN)).toBeNull()
    expect(time().breaks(MILLIS_MAX)).toBeNull()
    expect(time().breaks(MILLIS_MIN - 1)).toBe('OUT_OF_RANGE')
    expect(time().breaks(MILLIS_MAX + 1)).toBe('OUT_OF_RANGE')
  })

  it.each([
    [0, 'OUT_OF_RANGE'],
    [-1, 'OUT_OF_RANGE'],
    [1_717_243_200, 'OUT_OF_RANGE'],
    [1_717_243_200_000_000, 'OUT_OF_RANGE'],
    [Number.MAX_VALUE, 'OUT_OF_RANGE'],
    [1_717_243_200_000.5, 'NOT_INTEGER'],
    [Number.NaN, 'NOT_FINITE'],
    [Number.POSITIVE_INFINITY, 'NOT_FINITE'],
    ['1717243200000', 'WRONG_TYPE'],
    [1_717_243_200_000n, 'WRONG_TYPE'],
    [null, 'WRONG_TYPE'],
  ])('refuse %s as %s', (value, rule) => {
    expect(time().breaks(value)).toBe(rule)
  })
})

describe('numbers', () => {
  it('are whole and within their range where they are integers', () => {
    expect([1, 5, 0, 6, 2.5].map((value) => integer(1, 5).breaks(value))).toEqual([
      null,
      null,
      'OUT_OF_RANGE',
      'OUT_OF_RANGE',
      'NOT_INTEGER',
    ])
  })

  it('are stored as int where they fit, as long otherwise', () => {
    expect(integer(0, 100).avro(new Set())).toBe('int')
    expect(integer(0, 2 ** 31).avro(new Set())).toBe('long')
  })

  it('are finite', () => {
    expect(number().breaks(Number.MAX_VALUE)).toBeNull()
    expect(number().breaks(Number.NaN)).toBe('NOT_FINITE')
    expect(number(0, 1).breaks(1.000_001)).toBe('OUT_OF_RANGE')
  })

  it('in single precision are rounded on the way in, and too large ones refused', () => {
    expect(float().build(0.1, '')).toBe(Math.fround(0.1))
    expect(float().breaks(float().build(1e300, ''))).toBe('NOT_FINITE')
    expect(float().breaks(1e300)).toBe('NOT_FINITE')
  })

  it('know no minus zero', () => {
    for (const kind of [integer(-1, 1), number(), float()])
      expect(Object.is(kind.build(-0, ''), 0)).toBe(true)
  })

  it('are not booleans', () => {
    expect(boolean().breaks(1)).toBe('WRONG_TYPE')
    expect(number().breaks(true)).toBe('WRONG_TYPE')
  })
})
