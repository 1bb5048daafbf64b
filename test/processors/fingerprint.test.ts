import { expect, test } from 'vitest'
import { Fingerprint } from '../../processors/fingerprint.ts'

test('ids that differ in little have fingerprints that differ', () => {
  const fingerprint = new Fingerprint()
  const seen = new Set<bigint>()
  const stubs = new Set<number>()
  const ids = Array.from({ length: 100_000 }, (_, index) => `p${index}`)
  for (const id of ids) {
    const { low, high } = fingerprint.of(id)
    seen.add((BigInt(high) << 32n) | BigInt(low))
    stubs.add(low & 0xff_ffff)
  }
  expect(seen.size).toBe(ids.length)
  // Birthday: 100,000 random stubs of 24 bits have about 298 fewer distinct values.
  expect(ids.length - stubs.size).toBeGreaterThan(200)
  expect(ids.length - stubs.size).toBeLessThan(400)
})

test('a fingerprint is a function of the id alone', () => {
  const { low, high } = new Fingerprint().of('пост-1')
  const handle = new Fingerprint().of('another')
  expect(handle.of('пост-1')).toMatchObject({ low, high })
  expect(handle.of('').low).not.toBe(handle.of('\u0001').low)
})
