import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Input, oldestReady } from '../../engine/input.ts'
import { FrameWriter } from '../../engine/log/frame.ts'
import type { StoredFrame } from '../../engine/log/port.ts'
import { SimulatedLog } from '../../engine/log/simulated.ts'
import { millis } from '../../schemas/ids.ts'

const logOf = async (): Promise<SimulatedLog> => {
  let now = 0
  const log = new SimulatedLog({ clock: () => millis(now++) })
  await log.createTopics([{ name: 'topic', partitions: 1, retentionMs: 0 }])
  return log
}

/** Appends one frame; each record's value is its offset. */
const append = async (log: SimulatedLog, times: readonly number[]): Promise<void> => {
  const frame = new FrameWriter()
  for (const [index, time] of times.entries()) {
    const value = Buffer.from(String(log.endOffset('topic', 0) + index))
    frame.append(time, Buffer.from('key'), 0, 3, value, 0, value.length)
  }
  await log.append([{ topic: 'topic', partition: 0, frame: frame.take() }])
}

const valueOf = ({ cursor }: Input): number =>
  Number(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd))

/** Everything left to read, as (offset, value) pairs. */
const drain = async (input: Input, log: SimulatedLog): Promise<[number, number][]> => {
  const read: [number, number][] = []
  for (;;) {
    await input.fill(log)
    if (!input.ready) return read
    read.push([input.offset, valueOf(input)])
    input.take()
  }
}

const from = (offset: number, end: number): [number, number][] =>
  Array.from({ length: Math.max(0, end - offset) }, (_, index) => [offset + index, offset + index])

describe('an input', () => {
  it('gives every record from its offset on, in order, whatever the frames', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }),
        fc.nat(30),
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
        async (counts, offset, later) => {
          const log = await logOf()
          for (const count of counts) await append(log, Array(count).fill(7))
          const end = log.endOffset('topic', 0)
          const input = new Input('topic', 0, Math.min(offset, end))
          expect(input.lag(log)).toBe(Math.max(0, end - offset))
          expect(await drain(input, log)).toEqual(from(Math.min(offset, end), end))
          expect(input.lag(log)).toBe(0)
          for (const count of later) await append(log, Array(count).fill(8))
          expect(await drain(input, log)).toEqual(from(end, log.endOffset('topic', 0)))
        },
      ),
    )
  })

  it('moves over offsets that are left out, to the end', async () => {
    const recordsAt = (baseOffset: number, count: number): StoredFrame => {
      const frame = new FrameWriter()
      for (let at = baseOffset; at < baseOffset + count; at++) {
        const value = Buffer.from(String(at))
        frame.append(0, value, 0, 0, value, 0, value.length)
      }
      return { baseOffset, frame: frame.take() }
    }
    const frames = [recordsAt(2, 3), recordsAt(7, 1), recordsAt(8, 2), recordsAt(12, 0)]
    const log = await logOf()
    log.endOffset = () => 12
    log.read = async (_topic, _partition, offset) =>
      frames.filter(({ baseOffset, frame }) => baseOffset + Math.max(1, frame.count) > offset)
    for (const from of [0, 3, 5, 6, 9, 11]) {
      const input = new Input('topic', 0, from)
      const expected = [2, 3, 4, 7, 8, 9].filter((offset) => offset >= from)
      expect((await drain(input, log)).map(([offset]) => offset)).toEqual(expected)
      expect(input.lag(log)).toBe(0)
    }
  })

  it('stands on its record until it is taken', async () => {
    const log = await logOf()
    await append(log, [1, 2])
    const input = new Input('topic', 0, 0)
    await input.fill(log)
    await input.fill(log)
    expect(valueOf(input)).toBe(0)
    input.take()
    expect(valueOf(input)).toBe(1)
    input.take()
    expect(input.ready).toBe(false)
  })

  it('goes on at the earliest record kept when retention dropped its own', async () => {
    const log = await logOf()
    await append(log, [1, 2])
    await append(log, [3, 4])
    await log.enforceRetention(millis(1_000))
    await append(log, [5])
    const input = new Input('topic', 0, 1)
    const [first] = await drain(input, log)
    expect(first![0]).toBe(first![1])
    expect(first![0]).toBeGreaterThanOrEqual(2)
    expect(input.offset).toBe(5)
  })

  it('is behind by nothing once retention has dropped all that it had still to read', async () => {
    const log = await logOf()
    await append(log, [1, 2])
    await log.enforceRetention(millis(1_000))
    const input = new Input('topic', 0, 1)
    expect(await drain(input, log)).toEqual([])
    expect(input.lag(log)).toBe(0)
  })
})

describe('the oldest of several inputs', () => {
  const inputAt = async (...times: readonly number[]): Promise<Input> => {
    const log = await logOf()
    if (times.length > 0) await append(log, times)
    const input = new Input('topic', 0, 0)
    await input.fill(log)
    return input
  }

  const LATEST = 1_000

  it('is the one whose next record has the least event time', async () => {
    const inputs = [await inputAt(5), await inputAt(3, 1), await inputAt(4), await inputAt()]
    expect(oldestReady(inputs, LATEST)).toBe(1)
  })

  it('is the first of equals, and none when none is ready', async () => {
    expect(oldestReady([await inputAt(), await inputAt(3), await inputAt(3)], LATEST)).toBe(1)
    expect(oldestReady([await inputAt()], LATEST)).toBe(-1)
    expect(oldestReady([], LATEST)).toBe(-1)
  })

  it.each([NaN, Infinity, -Infinity])(
    'may be one whose record claims the time %d: it must not stay',
    async (time) => {
      expect(oldestReady([await inputAt(time)], LATEST)).toBe(0)
      expect(oldestReady([await inputAt(), await inputAt(time)], LATEST)).toBe(1)
      const inputs = [await inputAt(3, 4), await inputAt(time)]
      const order = [oldestReady(inputs, LATEST)]
      inputs[order[0]!]!.take()
      for (let next = oldestReady(inputs, LATEST); next !== -1; next = oldestReady(inputs, LATEST)) {
        order.push(next)
        inputs[next]!.take()
      }
      expect(order.toSorted((one, other) => one - other)).toEqual([0, 0, 1])
    },
  )

  it.each([NaN, Infinity, LATEST + 1])(
    'is one whose record claims the time %d, so that those behind it keep their turn',
    async (time) => {
      const inputs = [await inputAt(1, 3, 5), await inputAt(time, 2, 4)]
      const order: number[] = []
      for (let next = oldestReady(inputs, LATEST); next !== -1; next = oldestReady(inputs, LATEST)) {
        order.push(inputs[next]!.cursor.time)
        inputs[next]!.take()
      }
      expect(order).toEqual([time, 1, 2, 3, 4, 5])
    },
  )
})
