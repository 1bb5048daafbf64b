import type { Clock } from '../../engine/clock.ts'
import { FrameCursor } from '../../engine/log/frame.ts'
import type { Log } from '../../engine/log/port.ts'
import { reactions } from '../../schemas/reactions/index.ts'
import type { UserId } from '../../schemas/ids.ts'

/** Of each partition the last so many reactions are looked at. */
export const REACTIONS_READ_MAX = 5_000
const READ_BYTES_MAX = 1 << 18
/** Until then an answer is given again. */
const KEPT_MS = 1_000

export interface RecentViewer {
  readonly userId: UserId
  /** Reactions of theirs among those looked at. */
  readonly events: number
}

/** Who did something of late, read off the log's end: right after a restart too, whatever path events took. */
export class RecentViewers {
  private readonly log: Pick<Log, 'partitions' | 'startOffset' | 'endOffset' | 'read'>
  private readonly clock: Clock
  private counted: { readonly atMs: number; readonly viewers: Promise<readonly RecentViewer[]> } | undefined

  constructor(log: Pick<Log, 'partitions' | 'startOffset' | 'endOffset' | 'read'>, clock: Clock) {
    this.log = log
    this.clock = clock
  }

  /** The busiest first, equals by id. */
  async list(limit: number): Promise<readonly RecentViewer[]> {
    const now = this.clock.monotonicMs()
    if (this.counted === undefined || now - this.counted.atMs >= KEPT_MS) {
      this.counted = { atMs: now, viewers: this.count() }
      this.counted.viewers.catch(() => (this.counted = undefined))
    }
    return (await this.counted.viewers).slice(0, limit)
  }

  private async count(): Promise<readonly RecentViewer[]> {
    const counts = new Map<UserId, number>()
    for (let partition = 0; partition < this.log.partitions(reactions.topic); partition++) {
      await this.countPartition(partition, counts)
    }
    return [...counts]
      .map(([userId, events]) => ({ userId, events }))
      .sort((one, other) => other.events - one.events || (one.userId < other.userId ? -1 : 1))
  }

  private async countPartition(partition: number, counts: Map<UserId, number>): Promise<void> {
    const { topic } = reactions
    const end = this.log.endOffset(topic, partition)
    let offset = Math.max(this.log.startOffset(topic, partition), end - REACTIONS_READ_MAX)
    while (offset < end) {
      const frames = await this.log.read(topic, partition, offset, READ_BYTES_MAX)
      const last = frames.at(-1)
      if (last === undefined) return
      for (const { baseOffset, frame } of frames)
        countFrame(new FrameCursor().over(frame), offset - baseOffset, counts)
      offset = last.baseOffset + last.frame.count
    }
  }
}

/** Counts records from index `from` on; those of nobody known, and what cannot be read, do not count. */
const countFrame = (cursor: FrameCursor, from: number, counts: Map<UserId, number>): void => {
  while (cursor.next()) {
    if (cursor.index < from) continue
    const userId = userOf(cursor)
    if (userId !== null) counts.set(userId, (counts.get(userId) ?? 0) + 1)
  }
}

const userOf = ({ buffer, valueStart, valueEnd }: FrameCursor): UserId | null => {
  try {
    return reactions.decode(buffer, valueStart, valueEnd).userId
  } catch {
    return null
  }
}
