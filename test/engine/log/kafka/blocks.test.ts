import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameCursor } from '../../../../engine/log/frame.ts'
import { BlockReader, writeBlock, type CommitRecord } from '../../../../engine/log/kafka/blocks.ts'

const position = fc.record({
  topic: fc.string(),
  partition: fc.nat(1000),
  offset: fc.nat(2 ** 50),
  newest: fc.oneof(fc.nat(2 ** 45), fc.constant(-Infinity)),
})

const recordsOf = (commit: CommitRecord, block: Buffer): Buffer[] => {
  const cursor = new FrameCursor().over(writeBlock(commit, block))
  const records: Buffer[] = []
  while (cursor.next()) records.push(cursor.buffer.subarray(cursor.valueStart, cursor.valueEnd))
  return records
}

describe('a commit in the changelog', () => {
  test('comes back from its records as it was, block and positions', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ positions: fc.array(position), bytes: fc.nat(2_000_000) }), { maxLength: 4 }),
        (commits) => {
          const reader = new BlockReader()
          for (const [index, { positions, bytes }] of commits.entries()) {
            const block = Buffer.alloc(bytes, `block ${index}`)
            const records = recordsOf({ sequence: index + 1, positions }, block)
            for (const part of records.slice(0, -1)) expect(reader.add(part)).toBeUndefined()
            const read = reader.add(records.at(-1)!)!
            expect({ ...read, bytes: read.bytes.equals(block) }).toEqual({
              sequence: index + 1,
              positions,
              bytes: true,
            })
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  test('of many megabytes is cut into records that a topic takes', () => {
    const records = recordsOf({ sequence: 1, positions: [] }, Buffer.alloc(10 << 20))
    expect(Math.max(...records.map(({ length }) => length))).toBeLessThan(1 << 20)
  })

  test('that ends early is refused', () => {
    const [record] = recordsOf(
      { sequence: 1, positions: [{ topic: 't', partition: 0, offset: 1, newest: 1 }] },
      Buffer.alloc(0),
    )
    for (let cut = 0; cut < record!.length; cut++) {
      expect(() => new BlockReader().add(record!.subarray(0, cut))).toThrow('STATE_CORRUPT')
    }
  })
})
