import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashKey, murmur2, partitionOf } from '../../engine/hash.ts'
import { keyOf } from '../../engine/key.ts'

/** Values of org.apache.kafka.common.utils.UtilsTest.testMurmur2. */
const KAFKA_VECTORS: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

/** Bytes somewhere inside a larger buffer, where keys lie in frames and rows. */
const within = (bytes: Buffer): { buffer: Buffer; start: number; end: number } => ({
  buffer: Buffer.concat([Buffer.from([0xff, 0]), bytes, Buffer.from([0x7f, 0xff, 1])]),
  start: 2,
  end: 2 + bytes.length,
})

describe('murmur2', () => {
  it.each(KAFKA_VECTORS)('of %j is what Kafka makes of it', (text, expected) => {
    const bytes = Buffer.from(text)
    expect(murmur2(bytes, 0, bytes.length)).toBe(expected)
  })

  it('reads only the range it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (array) => {
        const bytes = Buffer.from(array)
        const { buffer, start, end } = within(bytes)
        expect(murmur2(buffer, start, end)).toBe(murmur2(bytes, 0, bytes.length))
      }),
    )
  })
})

describe('the partition of a key', () => {
  it("is Kafka's for a key of one id: toPositive(murmur2) mod partitions", () => {
    for (const [text, hash] of KAFKA_VECTORS) {
      const bytes = Buffer.from(text)
      expect(partitionOf(bytes, 0, bytes.length, 7)).toBe((hash & 0x7fffffff) % 7)
    }
  })

  it('is decided by the first id alone, so all keys of a user lie together', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme' }),
        fc.array(fc.string()),
        fc.integer({ min: 1, max: 64 }),
        (first, others, partitions) => {
          const id = first.replaceAll('\0', '-')
          const alone = keyOf(id)
          const { buffer, start, end } = within(keyOf(id, ...others))
          const expected = partitionOf(alone, 0, alone.length, partitions)
          expect(partitionOf(buffer, start, end, partitions)).toBe(expected)
        },
      ),
    )
  })

  it('spreads numbered users evenly', () => {
    const counts = new Uint32Array(8)
    for (let user = 0; user < 16_000; user++) {
      const key = keyOf(`user-${user}`)
      counts[partitionOf(key, 0, key.length, 8)]!++
    }
    // 2,000 each; five standard deviations of a fair spread are 209.
    for (const count of counts) expect(Math.abs(count - 2_000)).toBeLessThan(209)
  })
})

describe('the hash of the tables in memory', () => {
  it('is an unsigned 32-bit number of the range alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (array) => {
        const bytes = Buffer.from(array)
        const { buffer, start, end } = within(bytes)
        const hash = hashKey(buffer, start, end)
        expect(hash).toBe(hashKey(bytes, 0, bytes.length))
        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true)
      }),
    )
  })

  it('fills the low bits evenly, which choose the place in a table', () => {
    const counts = new Uint32Array(1024)
    for (let user = 0; user < 64; user++) {
      for (let author = 0; author < 1024; author++) {
        const key = keyOf(`user-${user}`, `author-${author}`)
        counts[hashKey(key, 0, key.length) % 1024]!++
      }
    }
    // 64 each, standard deviation 8: none is empty, none holds twice its share.
    expect(Math.min(...counts)).toBeGreaterThan(0)
    expect(Math.max(...counts)).toBeLessThan(128)
  })
})
