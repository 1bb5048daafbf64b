import { setImmediate as nextTurn } from 'node:timers/promises'
import { FrameCursor, FrameWriter, type Frame } from '../../engine/log/frame.ts'
import type { AppendEntry, Log, StoredFrame } from '../../engine/log/port.ts'

const KEY = Buffer.from('key')

/** One frame with a record per value. */
export const frameOfValues = (...values: readonly (string | Buffer)[]): Frame => {
  const writer = new FrameWriter()
  for (const value of values) {
    const bytes = Buffer.from(value)
    writer.append(0, KEY, 0, KEY.length, bytes, 0, bytes.length)
  }
  return writer.take()
}

export const entry = (topic: string, partition: number, ...values: readonly string[]): AppendEntry => ({
  topic,
  partition,
  frame: frameOfValues(...values),
})

export interface ReadRecord {
  readonly offset: number
  readonly value: string
}

/** The records of frames from `offset` on, skipping what the first frame holds before it. */
export const recordsOf = (frames: readonly StoredFrame[], offset: number): ReadRecord[] => {
  const cursor = new FrameCursor()
  const records: ReadRecord[] = []
  for (const { baseOffset, frame } of frames) {
    cursor.over(frame)
    while (cursor.next()) {
      const at = baseOffset + cursor.index
      const value = cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd)
      if (at >= offset) records.push({ offset: at, value })
    }
  }
  return records
}

/** Everything from `offset` to the end as it is known, in reads of about `bytesMax`; waits for what is not readable yet. */
export const readAll = async (
  log: Log,
  topic: string,
  partition: number,
  offset = 0,
  bytesMax = 1 << 20,
): Promise<ReadRecord[]> => {
  const records: ReadRecord[] = []
  let at = offset
  while (at < log.endOffset(topic, partition)) {
    const frames = await log.read(topic, partition, at, bytesMax)
    records.push(...recordsOf(frames, at))
    if (frames.length === 0) await nextTurn()
    else at = endOf(frames.at(-1)!)
  }
  return records
}

const endOf = ({ baseOffset, frame }: StoredFrame): number => baseOffset + frame.count

export const valuesOf = (records: readonly ReadRecord[]): string[] => records.map(({ value }) => value)
