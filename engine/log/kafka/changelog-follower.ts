import { EngineError } from '../../errors.ts'
import { FrameCursor } from '../frame.ts'
import type { ChangelogFollower, FollowedBlock } from '../port.ts'
import { BlockReader } from './blocks.ts'
import type { Followers } from './followers.ts'
import type { Place } from './names.ts'
import type { Offsets } from './offsets.ts'

/** Reads a task's changelog as it grows, beside the task's owner. */
export class KafkaChangelogFollower implements ChangelogFollower {
  private readonly place: Place
  private readonly followers: Followers
  private readonly offsets: Offsets
  private readonly blocks = new BlockReader()
  private readonly cursor = new FrameCursor()
  private offset: number
  /** Of the last block given; 0 when any may be the first. */
  private sequence: number

  /** `offset` is at or before the block after `sequence`. */
  constructor(place: Place, followers: Followers, offsets: Offsets, offset: number, sequence: number) {
    this.place = place
    this.followers = followers
    this.offsets = offsets
    this.offset = offset
    this.sequence = sequence
  }

  async read(bytesMax: number): Promise<readonly FollowedBlock[]> {
    const found: FollowedBlock[] = []
    // A partition that is not asked for is followed no more, even where it is only quiet.
    this.followers.follow(this.place)
    for (const { baseOffset, frame } of await this.followers.read(this.place, this.offset, bytesMax)) {
      this.cursor.over(frame)
      while (this.cursor.next()) {
        if (baseOffset + this.cursor.index < this.offset) continue
        const block = this.blocks.add(frame.bytes.subarray(this.cursor.valueStart, this.cursor.valueEnd))
        if (block !== undefined && block.sequence > this.sequence) found.push(this.next(block))
      }
      this.offset = Math.max(this.offset, baseOffset + frame.count)
    }
    return found
  }

  remaining(): number {
    return Math.max(0, this.offsets.of(this.place).end - this.offset)
  }

  private next({ sequence, bytes, positions }: FollowedBlock): FollowedBlock {
    if (this.sequence !== 0 && sequence !== this.sequence + 1) {
      const { topic, partition } = this.place
      const detail = `${topic}-${partition} goes on at commit ${sequence}`
      throw new EngineError('CHANGELOG_DROPPED', `${detail}, needed from ${this.sequence + 1}`)
    }
    this.sequence = sequence
    return { sequence, bytes, positions }
  }
}
