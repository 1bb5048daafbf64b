import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  packedBytesMax,
  packedColumns,
  packFeatures,
  packInto,
  unpackFeatures,
  unpackInto,
} from '../../../schemas/impressions/packed-features.ts'

/** Any 32 bits: numbers, infinities, minus zero, NaNs with payloads; many zeros, as rows have. */
const bits = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff_ffff }))
const row = fc.array(bits, { maxLength: 300 }).map((each) => new Float32Array(Uint32Array.from(each).buffer))

const bitsOf = (values: Float32Array): number[] => [
  ...new Uint32Array(values.buffer, values.byteOffset, values.length),
]

describe('packed features', () => {
  test('come back as they were, bit for bit', () => {
    fc.assert(
      fc.property(row, (values) => {
        const packed = packFeatures(values)
        expect(bitsOf(unpackFeatures(packed))).toEqual(bitsOf(values))
        expect(packedColumns(packed)).toBe(values.length)
        const kept = bitsOf(values).filter((each) => each !== 0).length
        expect(packed.length).toBe(2 + Math.ceil(values.length / 8) + 4 * kept)
      }),
    )
  })

  test('are packed out of and into the midst of a matrix', () => {
    fc.assert(
      fc.property(row, row, row, (before, values, after) => {
        const matrix = Float32Array.from([...bitsOf(before), ...bitsOf(values), ...bitsOf(after)], () => 0)
        const matrixBits = new Uint32Array(matrix.buffer)
        matrixBits.set([...bitsOf(before), ...bitsOf(values), ...bitsOf(after)])
        const target = Buffer.alloc(packedBytesMax(values.length) + 7)
        const end = packInto(matrixBits, before.length, values.length, target, 7)
        const packed = target.subarray(7, end)
        expect(packed.equals(packFeatures(values))).toBe(true)
        const read = new Float32Array(before.length + values.length)
        unpackInto(Buffer.from(packed), read, before.length)
        expect(bitsOf(read)).toEqual([...before.map(() => 0), ...bitsOf(values)])
      }),
    )
  })

  test('are refused when bytes are missing or left over', () => {
    const packed = packFeatures(Float32Array.of(0, 1.5, 0, -2))
    for (const broken of [
      Buffer.alloc(0),
      packed.subarray(0, 1),
      packed.subarray(0, packed.length - 1),
      Buffer.concat([packed, Buffer.of(0)]),
    ]) {
      expect(() => unpackFeatures(broken)).toThrow(RangeError)
    }
  })
})
