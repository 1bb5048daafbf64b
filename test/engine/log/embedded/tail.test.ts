import { serialize } from 'node:v8'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameQueue, HELD_FRAME_BYTES, TailCache } from '../../../../engine/log/embedded/tail.ts'
import type { StoredFrame } from '../../../../engine/log/port.ts'

const frameAt = (baseOffset: number, count: number, bytes: number): StoredFrame => ({
  baseOffset,
  frame: { count, bytes: Buffer.alloc(bytes) },
})

const frameSizes = fc.record({ queue: fc.nat(2), count: fc.integer({ min: 1, max: 5 }), bytes: fc.nat(50) })

test('the newest frames within the limit are held, over all partitions together', () => {
  fc.assert(
    fc.property(
      fc.array(frameSizes, { maxLength: 300 }),
      fc.nat(400),
      fc.nat(100),
      (pushes, bytesMax, readMax) => {
        const cache = new TailCache(bytesMax)
        const queues = [new FrameQueue(), new FrameQueue(), new FrameQueue()]
        const ends = [0, 0, 0]
        const all = pushes.map(({ queue, count, bytes }) => {
          const stored = frameAt(ends[queue]!, count, bytes)
          ends[queue]! += count
          cache.push(queues[queue]!, stored)
          return { queue, stored }
        })
        const held = newestWithin(all, bytesMax)
        queues.forEach((queue, number) => {
          const frames = held.filter((push) => push.queue === number).map(({ stored }) => stored)
          for (let offset = 0; offset < ends[number]!; offset++) {
            expect(queue.read(offset, readMax)).toEqual(readOf(frames, offset, readMax))
          }
        })
      },
    ),
  )
})

test('nothing of what was evicted is held on to', () => {
  const bytesMax = 10_000
  const cache = new TailCache(bytesMax)
  const queues = Array.from({ length: 20 }, () => new FrameQueue())
  for (const queue of queues) {
    for (let offset = 0; offset < 60; offset++) cache.push(queue, frameAt(offset, 1, 1_000))
  }
  // All that can be reached, as bytes; what frames cost beside their own is counted higher than it is here.
  expect(serialize([cache, queues]).length).toBeLessThan(2 * bytesMax)
})

const newestWithin = <Push extends { stored: StoredFrame }>(
  pushes: readonly Push[],
  bytesMax: number,
): Push[] => {
  const sizes = pushes.map(({ stored }) => stored.frame.bytes.length + HELD_FRAME_BYTES)
  let bytes = sizes.reduce((sum, size) => sum + size, 0)
  let from = 0
  while (bytes > bytesMax) bytes -= sizes[from++]!
  return pushes.slice(from)
}

const readOf = (
  frames: readonly StoredFrame[],
  offset: number,
  bytesMax: number,
): StoredFrame[] | undefined => {
  const first = frames.findIndex(
    ({ baseOffset, frame }) => baseOffset <= offset && offset < baseOffset + frame.count,
  )
  if (first === -1) return undefined
  let end = first
  let bytes = 0
  do bytes += frames[end++]!.frame.bytes.length
  while (end < frames.length && bytes < bytesMax)
  return frames.slice(first, end)
}
