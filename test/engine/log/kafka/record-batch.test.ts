import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EngineError } from '../../../../engine/errors.ts'
import { FrameCursor, FrameWriter, type Frame } from '../../../../engine/log/frame.ts'
import { loadLibrary } from '../../../../engine/log/kafka/library.ts'
import { BATCH_BYTES_MAX, FrameQueue } from '../../../../engine/log/kafka/packing.ts'
import { readBatches, type AbortedTransaction } from '../../../../engine/log/kafka/read-batches.ts'
import {
  BATCH,
  CONTROL,
  RecordBatchWriter,
  TRANSACTIONAL,
} from '../../../../engine/log/kafka/record-batch.ts'
import type { StoredFrame } from '../../../../engine/log/port.ts'

const { crc32c } = await loadLibrary()
const reading = {
  crc32c,
  decompress: (): never => {
    throw new Error('nothing here is compressed')
  },
}

interface Row {
  readonly time: number
  readonly key: string
  readonly value: string
}

const frameOf = (rows: readonly Row[]): Frame => {
  const writer = new FrameWriter()
  for (const { time, key, value } of rows) {
    const [keyBytes, valueBytes] = [Buffer.from(key), Buffer.from(value)]
    writer.append(time, keyBytes, 0, keyBytes.length, valueBytes, 0, valueBytes.length)
  }
  return writer.take()
}

const rowsOf = (frames: readonly StoredFrame[]): (Row & { offset: number })[] => {
  const cursor = new FrameCursor()
  return frames.flatMap(({ baseOffset, frame }) => {
    const rows: (Row & { offset: number })[] = []
    cursor.over(frame)
    while (cursor.next()) {
      const key = cursor.buffer.toString('utf8', cursor.keyStart, cursor.keyEnd)
      const value = cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd)
      rows.push({ offset: baseOffset + cursor.index, time: cursor.time, key, value })
    }
    return rows
  })
}

/** A batch as it lies on a broker, which gives it its offset. */
const stored = (rows: readonly Row[], baseOffset: number, producerId = -1n): Buffer => {
  const writer = new RecordBatchWriter()
  const queue = new FrameQueue<undefined>()
  queue.push(frameOf(rows), undefined)
  queue.pack(writer)
  const isTransactional = producerId >= 0n
  const batch = writer.take({ id: producerId, epoch: 0, isTransactional }, 0, crc32c)
  batch.writeBigInt64BE(BigInt(baseOffset), 0)
  return batch
}

/** The marker that ends a producer's transaction. */
const marker = (baseOffset: number, producerId: bigint, isCommit: boolean): Buffer => {
  const writer = new RecordBatchWriter()
  const key = Buffer.from([0, 0, 0, isCommit ? 1 : 0])
  const value = Buffer.alloc(6)
  writer.add(0, key, 0, key.length, value, 0, value.length)
  const batch = writer.take({ id: producerId, epoch: 0, isTransactional: true }, -1, crc32c)
  batch.writeBigInt64BE(BigInt(baseOffset), 0)
  batch.writeInt16BE(TRANSACTIONAL | CONTROL, BATCH.attributes)
  batch.writeUInt32BE(crc32c(batch.subarray(BATCH.attributes)), BATCH.crc)
  return batch
}

const row = fc.record({ time: fc.nat(2 ** 50), key: fc.string(), value: fc.string({ maxLength: 300 }) })

describe('a record batch', () => {
  test('holds the records of its frame, and gives them from any offset on', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 30 }),
        fc.nat(1e12),
        fc.nat(40),
        (rows, base, from) => {
          const { frames, nextOffset } = readBatches(stored(rows, base), base + from, [], reading)
          const expected = rows.map((each, index) => ({ ...each, offset: base + index }))
          expect(rowsOf(frames)).toEqual(expected.slice(from))
          expect(nextOffset).toBe(Math.max(base + from, base + rows.length))
        },
      ),
    )
  })

  test.each([-1, NaN, -Infinity, Infinity, 1e300])(
    'gives a record that claims the time %d one that Kafka takes',
    (time) => {
      const { frames } = readBatches(stored([{ time, key: 'k', value: 'v' }], 0), 0, [], reading)
      expect(rowsOf(frames)).toEqual([{ time: 0, key: 'k', value: 'v', offset: 0 }])
    },
  )

  test('that was cut off by a fetch is left for the next one', () => {
    const [one, other] = [
      stored([{ time: 1, key: 'a', value: '1' }], 5),
      stored([{ time: 2, key: 'b', value: '2' }], 6),
    ]
    for (let cut = 0; cut < other.length; cut++) {
      const bytes = Buffer.concat([one, other.subarray(0, cut)])
      const { frames, nextOffset } = readBatches(bytes, 5, [], reading)
      expect([rowsOf(frames).length, nextOffset]).toEqual([1, 6])
    }
  })

  test('whose bytes were changed on the way is refused, whichever byte it was', () => {
    const bytes = stored([{ time: 1, key: 'a', value: '1' }], 5)
    for (let at = BATCH.crc; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      expect(() => readBatches(changed, 5, [], reading)).toThrow(EngineError)
    }
  })
})

describe('frames on their way into batches', () => {
  test('are cut where a batch is full, in order, none lost', () => {
    const value = 'x'.repeat(100 << 10)
    const rows = Array.from({ length: 40 }, (_, at) => ({ time: at, key: `${at}`, value }))
    const queue = new FrameQueue<string>()
    queue.push(frameOf(rows.slice(0, 25)), 'first')
    queue.push(frameOf([]), 'empty')
    queue.push(frameOf(rows.slice(25)), 'second')
    const writer = new RecordBatchWriter()
    const read: string[] = []
    const done: string[] = []
    while (!queue.isEmpty) {
      done.push(...queue.pack(writer))
      const batch = writer.take({ id: -1n, epoch: -1, isTransactional: false }, -1, crc32c)
      expect(batch.length).toBeLessThan(BATCH_BYTES_MAX + (101 << 10))
      read.push(...rowsOf(readBatches(batch, 0, [], reading).frames).map(({ key }) => key))
    }
    expect(read).toEqual(rows.map(({ key }) => key))
    expect(done).toEqual(['first', 'second'])
  })
})

describe('reading what is committed', () => {
  const step = fc.record({
    producer: fc.integer({ min: 0, max: 3 }),
    kind: fc.constantFrom('write', 'write', 'commit', 'abort', 'plain'),
    records: fc.integer({ min: 1, max: 4 }),
  })

  test('agrees with a brute-force history of interleaved transactions, wherever fetches begin and end', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, batchesAFetch) => {
          const history = new History()
          for (const each of steps) history.apply(each)
          history.end()
          const read: number[] = []
          for (let at = 0, offset = 0; at < history.batches.length; at += batchesAFetch) {
            const fetch = history.batches.slice(at, at + batchesAFetch)
            const { frames, nextOffset } = readBatches(
              Buffer.concat(fetch),
              offset,
              history.abortedFrom(offset),
              reading,
            )
            read.push(...rowsOf(frames).map((each) => each.offset))
            offset = nextOffset
          }
          expect(read).toEqual(history.committed())
        },
      ),
      { numRuns: 300 },
    )
  })
})

/** A partition as brokers keep it, and of every record whether it was committed. */
class History {
  readonly batches: Buffer[] = []
  private readonly open = new Map<number, number[]>()
  private readonly firstOffsets = new Map<number, number>()
  private readonly aborted: (AbortedTransaction & { readonly marker: number })[] = []
  private readonly kept: number[] = []
  private end_ = 0

  apply({ producer, kind, records }: { producer: number; kind: string; records: number }): void {
    if (kind === 'commit' || kind === 'abort') this.close(producer, kind === 'commit')
    else {
      const offsets = Array.from({ length: records }, (_, at) => this.end_ + at)
      const rows = offsets.map((at) => ({ time: at, key: '', value: `${at}` }))
      this.batches.push(stored(rows, this.end_, kind === 'plain' ? -1n : BigInt(producer)))
      if (kind === 'plain') this.kept.push(...offsets)
      else {
        if (!this.open.has(producer)) this.firstOffsets.set(producer, this.end_)
        this.open.set(producer, [...(this.open.get(producer) ?? []), ...offsets])
      }
      this.end_ += records
    }
  }

  /** Brokers give nothing behind an open transaction. */
  end(): void {
    for (const producer of this.open.keys()) this.close(producer, producer % 2 === 0)
  }

  /** Those of which a fetch from `offset` may hold records, in the order of their markers, as brokers list them. */
  abortedFrom(offset: number): AbortedTransaction[] {
    return this.aborted.filter((each) => each.marker >= offset)
  }

  committed(): number[] {
    return this.kept.toSorted((one, other) => one - other)
  }

  private close(producer: number, isCommit: boolean): void {
    const offsets = this.open.get(producer)
    if (offsets === undefined) return
    this.open.delete(producer)
    if (isCommit) this.kept.push(...offsets)
    else {
      const firstOffset = this.firstOffsets.get(producer)!
      this.aborted.push({ producerId: BigInt(producer), firstOffset, marker: this.end_ })
    }
    this.batches.push(marker(this.end_++, BigInt(producer), isCommit))
  }
}
