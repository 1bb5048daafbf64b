import { describe, expect, test } from 'vitest'
import { KnownExamples, LOOKED_AT, SETTLED } from '../../../models/training/known-examples.ts'

const UNSETTLED = LOOKED_AT | 1

describe('examples that are remembered', () => {
  test('come back from bytes, in the same order', () => {
    const known = new KnownExamples()
    known.tellsOfViews = true
    for (let key = 0; key < 100; key++) known.set(key * 2 ** 40 + 1, key)
    const read = KnownExamples.decode(known.encode())
    expect(read.encode()).toEqual(known.encode())
    expect(read.tellsOfViews).toBe(true)
    expect(read.get(7 * 2 ** 40 + 1)).toBe(7)
    expect(read.get(7)).toBeUndefined()
  })

  test('are bounded: the oldest give way', () => {
    const known = new KnownExamples(2)
    for (const key of [1, 2, 3]) known.set(key, 9)
    expect([known.get(1), known.get(2), known.get(3)]).toEqual([undefined, 9, 9])
    expect(known.size).toBe(2)
  })

  test('and have settled give way to those that have not', () => {
    const known = new KnownExamples(4)
    known.set(1, UNSETTLED)
    for (const key of [2, 3, 4, 5, 6]) known.set(key, SETTLED)
    expect([1, 2, 3, 4, 5, 6].filter((key) => known.get(key) !== undefined)).toEqual([1, 4, 5, 6])
    expect(known.unsettledForgotten).toBe(0)
    // Now it has settled as well, as the last of all.
    known.set(1, UNSETTLED | SETTLED)
    for (const key of [7, 8, 9]) known.set(key, SETTLED)
    expect([1, 6, 7, 8, 9].filter((key) => known.get(key) !== undefined)).toEqual([1, 7, 8, 9])
    known.set(10, SETTLED)
    expect(known.get(1)).toBeUndefined()
  })

  test('and have not settled leave a quarter to the others; those that are forgotten are counted', () => {
    const known = new KnownExamples(8)
    for (const key of [1, 2]) known.set(key, SETTLED)
    for (let key = 3; key < 13; key++) known.set(key, UNSETTLED)
    expect([known.get(1), known.get(2)]).toEqual([SETTLED, SETTLED])
    expect([known.get(6), known.get(7)]).toEqual([undefined, UNSETTLED])
    expect(known.unsettledForgotten).toBe(4)
    expect(known.size).toBe(8)
  })

  test('come back from bytes that hold them as they came, settled or not', () => {
    const values = [1, 11, UNSETTLED, 12, SETTLED, 13, UNSETTLED, 14, SETTLED | LOOKED_AT]
    const known = KnownExamples.decode(new Uint8Array(Float64Array.from(values).buffer))
    expect([11, 12, 13, 14].map((key) => known.get(key))).toEqual([
      UNSETTLED,
      SETTLED,
      UNSETTLED,
      SETTLED | LOOKED_AT,
    ])
    expect(known.tellsOfViews).toBe(true)
    expect(KnownExamples.decode(known.encode()).encode()).toEqual(known.encode())
  })
})
