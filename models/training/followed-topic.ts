import { FrameCursor } from '../../engine/log/frame.ts'
import type { StoredFrame } from '../../engine/log/port.ts'
import { type Contract, ContractError } from '../../schemas/contract.ts'
import type { TopicSource } from './topic-source.ts'

/** A record of a topic, and where it stood. */
export interface Followed<Value> {
  readonly value: Value
  readonly partition: number
  readonly offset: number
}

/** Reads the records of a topic in order, partition after partition, from given offsets on. */
export class FollowedTopic<Value> {
  /** Records that were none: bytes that the contract refuses. */
  undecodable = 0
  /** By partition, the offset of the record that comes next. */
  readonly next: number[]
  private readonly source: TopicSource
  private readonly contract: Contract<Value>
  private readonly cursor = new FrameCursor()

  constructor(source: TopicSource, contract: Contract<Value>, next: readonly number[]) {
    this.source = source
    this.contract = contract
    this.next = [...next]
  }

  /** The frames of a partition that are there and come next. */
  read(partition: number): Promise<readonly StoredFrame[]> {
    return this.source.read(partition, this.next[partition]!)
  }

  /** The records of a frame that come next. As one is given out, `next` lies behind it. */
  *records(partition: number, { baseOffset, frame }: StoredFrame): Generator<Followed<Value>> {
    const { cursor, next } = this
    cursor.over(frame)
    while (cursor.next()) {
      const offset = baseOffset + cursor.index
      if (offset < next[partition]!) continue
      const value = this.decode()
      next[partition] = offset + 1
      if (value !== undefined) yield { value, partition, offset }
    }
    // A frame without records says that nothing lies before its offset.
    next[partition] = Math.max(next[partition]!, baseOffset + frame.count)
  }

  private decode(): Value | undefined {
    const { buffer, valueStart, valueEnd } = this.cursor
    try {
      return this.contract.decode(buffer, valueStart, valueEnd)
    } catch (error) {
      if (!(error instanceof ContractError)) throw error
      this.undecodable++
      return undefined
    }
  }
}
