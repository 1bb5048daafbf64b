import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterPrefix, readU64, writeU64 } from '../../../engine/storage/row-key.ts'

const u64 = (value: number): Buffer => {
  const key = Buffer.alloc(8)
  expect(writeU64(key, value, 0)).toBe(8)
  return key
}

const SAFE = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1))

test('integers up to 2^53 are read back, and their bytes sort as they do', () => {
  fc.assert(
    fc.property(SAFE, SAFE, (one, other) => {
      expect(readU64(u64(one), 0)).toBe(one)
      expect(Math.sign(Buffer.compare(u64(one), u64(other)))).toBe(Math.sign(one - other))
    }),
  )
})

test('the key after a prefix is above all that begin with it and no other', () => {
  const bytes = fc.uint8Array({ maxLength: 5 })
  const prefixes = fc
    .array(fc.constantFrom(0, 1, 254, 255), { maxLength: 4 })
    .map((values) => Buffer.from(values))
  fc.assert(
    fc.property(prefixes, bytes, (prefix, key) => {
      const end = afterPrefix(prefix)
      const below = end === undefined || Buffer.compare(key, end) < 0
      const inRange = Buffer.compare(key, prefix) >= 0 && below
      expect(inRange).toBe(Buffer.from(key.subarray(0, prefix.length)).equals(prefix))
      expect(end === undefined || Buffer.compare(Buffer.concat([prefix, key]), end) < 0).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
