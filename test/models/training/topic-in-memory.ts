import { FrameWriter } from '../../../engine/log/frame.ts'
import type { StoredFrame } from '../../../engine/log/port.ts'
import type { TopicSource } from '../../../models/training/topic-source.ts'
import type { Contract } from '../../../schemas/contract.ts'
import { encode } from '../../schemas/support.ts'

const FRAMES_AT_ONCE = 3
const NO_KEY = Buffer.alloc(0)

/** A topic of one partition that holds these records, `framed` a frame; it answers at most a few frames at once. */
export const topicOf = <Value>(
  contract: Contract<Value>,
  values: readonly Value[],
  framed: number,
): TopicSource => {
  const stored: StoredFrame[] = []
  for (let start = 0; start < values.length; start += framed) {
    const writer = new FrameWriter()
    for (const value of values.slice(start, start + framed)) {
      const bytes = encode(contract, value)
      writer.append(contract.timeOf(value), NO_KEY, 0, 0, bytes, 0, bytes.length)
    }
    stored.push({ baseOffset: start, frame: writer.take() })
  }
  return {
    partitions: 1,
    read: async (_partition, offset) =>
      stored.filter(({ baseOffset, frame }) => baseOffset + frame.count > offset).slice(0, FRAMES_AT_ONCE),
  }
}
