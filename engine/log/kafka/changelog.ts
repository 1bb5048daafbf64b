import { setTimeout as sleep } from 'node:timers/promises'
import type { ChangelogBlock, ChangelogFollower } from '../port.ts'
import { FrameCursor } from '../frame.ts'
import { BlockReader, type CommitRecord } from './blocks.ts'
import { KafkaChangelogFollower } from './changelog-follower.ts'
import type { Followers } from './followers.ts'
import type { Place } from './names.ts'
import type { Offsets } from './offsets.ts'

const MARKER_MS = 5
const READ_BYTES_MAX = 4 << 20
/** First guess of how far back the last commit is: its record and its marker. */
const OFFSETS_A_COMMIT = 2

interface PlacedRecord {
  readonly offset: number
  readonly value: Buffer
}

export interface PlacedCommit extends CommitRecord {
  /** Of the commit's last record. */
  readonly offset: number
}

/** The partition of a task's changelog, read by its owner: nobody else writes to it. */
export class Changelog {
  readonly place: Place
  private readonly followers: Followers
  private readonly offsets: Offsets

  constructor(place: Place, followers: Followers, offsets: Offsets) {
    this.place = place
    this.followers = followers
    this.offsets = offsets
  }

  /** The last commit; undefined before the first. */
  async last(): Promise<PlacedCommit | undefined> {
    await this.offsets.refresh([this.place])
    const { start, end } = this.offsets.of(this.place)
    for (let back = OFFSETS_A_COMMIT; ; back *= 4) {
      const from = Math.max(start, end - back)
      let last: PlacedCommit | undefined
      const blocks = new BlockReader()
      for await (const { offset, value } of this.records(from)) {
        const commit = blocks.add(value)
        if (commit !== undefined) last = { sequence: commit.sequence, positions: commit.positions, offset }
      }
      if (last !== undefined || from === start) return last
    }
  }

  /** Blocks of commits after `sequence`, in order; the first shows whether some before it were dropped. */
  async *after(sequence: number, last: number): AsyncIterable<ChangelogBlock> {
    const from = await this.offsetBefore(sequence, last)
    const blocks = new BlockReader()
    for await (const { value } of this.records(from)) {
      const block = blocks.add(value)
      if (block !== undefined && block.sequence > sequence)
        yield { sequence: block.sequence, bytes: block.bytes }
    }
  }

  /** Reads on from the commit after `sequence`; after 0, from the first one kept. */
  async follow(sequence: number): Promise<ChangelogFollower> {
    const last = await this.last()
    const { start } = this.offsets.of(this.place)
    const from =
      last === undefined || sequence === 0 ? start : await this.offsetBefore(sequence, last.sequence)
    return new KafkaChangelogFollower(this.place, this.followers, this.offsets, from, sequence)
  }

  /** Sequence of the first commit kept; undefined when there is none. */
  async firstSequence(): Promise<number | undefined> {
    return (await this.firstCommit(this.offsets.of(this.place).start))?.sequence
  }

  /** Offset of a commit's last record; undefined when it was dropped. */
  async offsetOf(sequence: number, last: number): Promise<number | undefined> {
    const from = await this.offsetBefore(sequence - 1, last)
    const blocks = new BlockReader()
    for await (const { offset, value } of this.records(from)) {
      const commit = blocks.add(value)
      if (commit !== undefined && commit.sequence >= sequence) {
        return commit.sequence === sequence ? offset : undefined
      }
    }
    return undefined
  }

  /** An offset at or before which the block after `sequence` begins, found from the end backwards. */
  private async offsetBefore(sequence: number, last: number): Promise<number> {
    const { start, end } = this.offsets.of(this.place)
    for (let back = OFFSETS_A_COMMIT * Math.max(1, last - sequence); ; back *= 2) {
      const from = end - back
      if (from <= start) return start
      const first = await this.firstCommit(from)
      if (first !== undefined && first.sequence <= sequence) return from
    }
  }

  private async firstCommit(from: number): Promise<CommitRecord | undefined> {
    const blocks = new BlockReader()
    for await (const { value } of this.records(from)) {
      const commit = blocks.add(value)
      if (commit !== undefined) return commit
    }
    return undefined
  }

  /** Committed records from an offset to the end as it is known when this begins. */
  private async *records(from: number): AsyncIterable<PlacedRecord> {
    const { end } = this.offsets.of(this.place)
    const cursor = new FrameCursor()
    for (let offset = from; offset < end;) {
      const { frames, nextOffset } = await this.followers.fetchOnce(this.place, offset, READ_BYTES_MAX)
      for (const { baseOffset, frame } of frames) {
        cursor.over(frame)
        while (cursor.next()) {
          const value = frame.bytes.subarray(cursor.valueStart, cursor.valueEnd)
          yield { offset: baseOffset + cursor.index, value }
        }
      }
      // The marker of a commit comes a moment after the commit.
      if (nextOffset === offset) await sleep(MARKER_MS)
      offset = nextOffset
    }
  }
}
