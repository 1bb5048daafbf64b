import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../../engine/bytes.ts'
import { partitionOf } from '../../engine/hash.ts'
import { keyOf } from '../../engine/key.ts'
import { FrameCursor, RECORD_BYTES_MAX } from '../../engine/log/frame.ts'
import type { AppendEntry } from '../../engine/log/port.ts'
import { Outputs } from '../../engine/outputs.ts'
import type { TopicInfo } from '../../engine/topic.ts'

const PARTITIONS = 3

const plain: TopicInfo = {
  name: 'plain',
  about: '',
  keySpace: 'user',
  visibility: 'internal',
  graceMs: 0,
}

/** Values are one u32 each; the fold adds them. */
const summed: TopicInfo = {
  ...plain,
  name: 'summed',
  fold: {
    merge: (into, intoStart, _intoEnd, from, start, _end, writer) =>
      writer.u32(into.readUInt32LE(intoStart) + from.readUInt32LE(start)),
  },
}

/** Values are any bytes; the fold puts them one after the other. */
const joined: TopicInfo = {
  ...plain,
  name: 'joined',
  fold: {
    merge: (into, intoStart, intoEnd, from, start, end, writer) => {
      writer.bytes(into, intoStart, intoEnd)
      writer.bytes(from, start, end)
    },
  },
}

const CAPPED_MAX = 1_500

/** As `summed`, of sums up to a bound: it throws in the midst of a larger one. */
const capped: TopicInfo = {
  ...plain,
  name: 'capped',
  fold: {
    merge: (into, intoStart, _intoEnd, from, start, _end, writer) => {
      const sum = into.readUInt32LE(intoStart) + from.readUInt32LE(start)
      writer.u8(0xee)
      if (sum > CAPPED_MAX) throw new RangeError(`${sum} is too much`)
      writer.reset()
      writer.u32(sum)
    },
  },
}

interface Added {
  readonly topic: string
  readonly key: string
  readonly time: number
  readonly value: Buffer
}

const outputsOf = (partitions = PARTITIONS): Outputs =>
  new Outputs([plain, summed, joined, capped], () => partitions)

const add = (outputs: Outputs, { topic, key, time, value }: Added): void => {
  const bytes = new ByteWriter()
  bytes.u8(0xee)
  bytes.bytes(keyOf(key))
  const keyEnd = bytes.position
  bytes.bytes(value)
  outputs.add(topic, time, bytes, 1, keyEnd, bytes.position)
}

const u32 = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(value)
  return buffer
}

const recordsOf = (entries: readonly AppendEntry[]): (Added & { partition: number })[] =>
  entries.flatMap(({ topic, partition, frame }) => {
    const cursor = new FrameCursor().over(frame)
    const records = []
    while (cursor.next()) {
      const { buffer, time, keyStart, keyEnd, valueStart, valueEnd } = cursor
      const key = buffer.toString('utf8', keyStart, keyEnd)
      records.push({ topic, partition, key, time, value: Buffer.from(buffer.subarray(valueStart, valueEnd)) })
    }
    return records
  })

const partitionOfKey = (key: string): number => partitionOf(keyOf(key), 0, keyOf(key).length, PARTITIONS)

const added = fc.array(
  fc.record({
    topic: fc.constantFrom('plain', 'summed'),
    key: fc.constantFrom('a', 'b', 'ç', 'd', 'e\0f'),
    time: fc.integer({ min: -5, max: 1_000 }),
    value: fc.nat(1_000).map(u32),
  }),
)

describe('outputs', () => {
  it('are what was added: in order where records stay, one sum a key where they fold', () => {
    fc.assert(
      fc.property(fc.array(added, { maxLength: 4 }), (commits) => {
        const outputs = outputsOf()
        for (const commit of commits) {
          for (const each of commit) add(outputs, each)
          const { entries, records } = outputs.take()
          const got = recordsOf(entries)
          expect(records).toBe(got.length)
          for (const { key, partition } of got) expect(partition).toBe(partitionOfKey(key))
          for (const key of ['a', 'b', 'ç', 'd', 'e\0f']) {
            const own = (topic: string, list: readonly Added[]): Added[] =>
              list.filter((each) => each.topic === topic && each.key === key)
            const pick = ({ time, value }: Added): unknown => [time, value.readUInt32LE()]
            expect(own('plain', got).map(pick)).toEqual(own('plain', commit).map(pick))
            const toSum = own('summed', commit)
            const sum = toSum.reduce((total, { value }) => total + value.readUInt32LE(), 0)
            const newest = Math.max(...toSum.map(({ time }) => time))
            expect(own('summed', got).map(pick)).toEqual(toSum.length === 0 ? [] : [[newest, sum]])
          }
        }
        expect(outputs.take()).toEqual({ entries: [], records: 0 })
      }),
    )
  })

  it('fold ten thousand keys and more, commit after commit', () => {
    const outputs = outputsOf()
    for (let commit = 0; commit < 3; commit++) {
      for (let pass = 0; pass < 2; pass++) {
        for (let key = 0; key < 10_000; key++) {
          add(outputs, { topic: 'summed', key: `key-${key}`, time: key, value: u32(key) })
        }
      }
      const got = recordsOf(outputs.take().entries)
      expect(got).toHaveLength(10_000)
      for (const { key, time, value } of got) {
        const number = Number(key.slice(4))
        if (time !== number || value.readUInt32LE() !== 2 * number) throw new Error(`${key} at ${time}`)
      }
    }
  })

  it('close a frame at a mebibyte, so that no reader must hold more', () => {
    const outputs = outputsOf()
    const value = Buffer.alloc(100_000)
    for (let each = 0; each < 30; each++) add(outputs, { topic: 'plain', key: 'a', time: each, value })
    const { entries } = outputs.take()
    expect(entries.map(({ frame }) => frame.count)).toEqual([11, 11, 8])
    expect(recordsOf(entries).map(({ time }) => time)).toEqual(Array.from({ length: 30 }, (_, at) => at))
  })

  it('start a new record where a sum would be larger than a record may be', () => {
    const outputs = outputsOf()
    const piece = (index: number): Buffer => Buffer.alloc(RECORD_BYTES_MAX / 4 - 10, index)
    for (let each = 0; each < 10; each++)
      add(outputs, { topic: 'joined', key: 'a', time: each, value: piece(each) })
    const got = recordsOf(outputs.take().entries)
    expect(Math.max(...got.map(({ value }) => value.length))).toBeLessThanOrEqual(RECORD_BYTES_MAX)
    expect(
      Buffer.concat(got.map(({ value }) => value)).equals(Buffer.concat([...Array(10).keys()].map(piece))),
    ).toBe(true)
    expect(got.map(({ time }) => time)).toEqual([3, 7, 9])
  })

  it('start a new record where adding up throws: nothing is lost, and no sum stops a task', () => {
    const values = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.nat(CAPPED_MAX) }))
    fc.assert(
      fc.property(values, (list) => {
        const outputs = outputsOf()
        for (const [time, { key, value }] of list.entries())
          add(outputs, { topic: 'capped', key, time, value: u32(value) })
        const got = recordsOf(outputs.take().entries)
        for (const key of ['a', 'b', 'c']) {
          const parts: Added[] = []
          for (const [time, each] of list.entries()) {
            if (each.key !== key) continue
            const last = parts.at(-1)
            const sum = (last?.value.readUInt32LE() ?? 0) + each.value
            if (last !== undefined && sum <= CAPPED_MAX) parts.pop()
            const value = last === undefined || sum <= CAPPED_MAX ? sum : each.value
            parts.push({ topic: 'capped', key, time, value: u32(value) })
          }
          const own = got.filter((each) => each.key === key)
          expect(own.map(({ time, value }) => [time, value.readUInt32LE()])).toEqual(
            parts.map(({ time, value }) => [time, value.readUInt32LE()]),
          )
        }
      }),
    )
  })

  it('that fold stay on the partition that they are sent to, and are told of until they are taken', () => {
    const outputs = outputsOf()
    const bytes = new ByteWriter()
    bytes.bytes(keyOf('a'))
    const keyEnd = bytes.position
    bytes.u32(7)
    const isThere = (): boolean[] => [0, 1, 2].map((partition) => outputs.hasRecords('summed', partition))
    expect(isThere()).toEqual([false, false, false])
    outputs.addTo('summed', 2, 1, bytes, 0, keyEnd, bytes.position)
    expect(isThere()).toEqual([false, false, true])
    for (const partition of [2, 1]) outputs.addTo('summed', partition, 1, bytes, 0, keyEnd, bytes.position)
    expect(isThere()).toEqual([false, true, true])
    const got = recordsOf(outputs.take().entries)
    expect(got.map(({ partition, value }) => [partition, value.readUInt32LE()])).toEqual([
      [1, 7],
      [2, 14],
    ])
    expect(isThere()).toEqual([false, false, false])
  })

  it('to a topic that no node declares are refused', () => {
    expect(() => outputsOf().check('other', 1)).toThrow('TOPOLOGY_INVALID: emit to "other"')
  })

  it('larger than a record may be are refused', () => {
    const outputs = outputsOf()
    outputs.check('plain', RECORD_BYTES_MAX)
    expect(() => outputs.check('plain', RECORD_BYTES_MAX + 1)).toThrow('RECORD_TOO_LARGE')
  })
})

describe('the memory that sums are made in', () => {
  const commit = (outputs: Outputs, keys: number): void => {
    for (let key = 0; key < keys; key++)
      add(outputs, { topic: 'joined', key: `key-${key}`, time: key, value: Buffer.alloc(250) })
    outputs.take()
  }

  it('is as much for many partitions as for one, after a large commit and a small one', () => {
    const held = [1, 12, 64].map((partitions) => {
      const outputs = outputsOf(partitions)
      commit(outputs, 20_000)
      commit(outputs, 1)
      return outputs.foldBytes
    })
    expect(held).toEqual(held.fill(held[0]!))
  })

  it('is let go of when commits have been small for long, and no sooner', () => {
    const outputs = outputsOf()
    const small = outputs.foldBytes
    commit(outputs, 20_000)
    const large = outputs.foldBytes
    expect(large).toBeGreaterThan(4 << 20)
    const held = Array.from({ length: 40 }, (_, index) => {
      // One that needs the room begins the count anew.
      commit(outputs, index === 3 ? 5_000 : 5)
      return outputs.foldBytes
    })
    expect(held.slice(0, 35)).toEqual(Array<number>(35).fill(large))
    expect(held.slice(35)).toEqual([small, ...Array<number>(4).fill(held.at(-1)!)])
    expect(held.at(-1)).toBeLessThan(128 << 10)
  })
})
