import type { Millis } from '../../../schemas/ids.ts'
import type { WriteBatch } from '../../storage/write-batch.ts'
import type { AppendEntry } from '../port.ts'
import { frameKey } from './keys.ts'
import type { TailCache } from './tail.ts'
import type { EmbeddedPartition, TopicTable } from './topics.ts'

interface Staged {
  readonly partition: EmbeddedPartition
  readonly entry: AppendEntry
}

/**
 * Frames on their way into one write: offsets are given as they are staged and count only once the write
 * succeeded and `publish` ran, so a failed write leaves no gap.
 */
export class Staging {
  private readonly topics: TopicTable
  private readonly batch: WriteBatch
  private readonly appendedAt: number
  private readonly staged: Staged[] = []
  private readonly ends = new Map<EmbeddedPartition, number>()

  constructor(topics: TopicTable, batch: WriteBatch, now: Millis) {
    this.topics = topics
    this.batch = batch
    this.appendedAt = Math.max(0, Math.floor(now))
  }

  get frames(): number {
    return this.staged.length
  }

  /** Entries were checked. A frame without records takes no offset and is left out. */
  add(entries: readonly AppendEntry[]): void {
    for (const entry of entries) {
      if (entry.frame.count === 0) continue
      const partition = this.topics.partition(entry.topic, entry.partition)
      const end = (this.ends.get(partition) ?? partition.end) + entry.frame.count
      this.batch.put(
        'log',
        frameKey(partition.topicNumber, partition.number, end, this.appendedAt),
        entry.frame.bytes,
      )
      this.ends.set(partition, end)
      this.staged.push({ partition, entry })
    }
  }

  /** Makes the frames readable; call it once the write has succeeded, in the same turn. */
  publish(tail: TailCache): void {
    for (const { partition, entry } of this.staged) {
      tail.push(partition.tail, { baseOffset: partition.end, frame: entry.frame })
      partition.end += entry.frame.count
    }
  }
}
