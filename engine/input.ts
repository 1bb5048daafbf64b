import { FrameCursor } from './log/frame.ts'
import type { Log, StoredFrame } from './log/port.ts'

/** Bytes asked of the log at once: a few batches' worth. */
const READ_BYTES_MAX = 1 << 20

/** One partition of one topic, read record by record in offset order. */
export class Input {
  readonly topic: string
  readonly partition: number
  readonly cursor = new FrameCursor()
  /** Offset of the record that the cursor stands on, when `ready`. */
  offset: number
  /** The cursor stands on a record not yet taken. */
  ready = false
  private frames: readonly StoredFrame[] = []
  private frameIndex = 0

  constructor(topic: string, partition: number, offset: number) {
    this.topic = topic
    this.partition = partition
    this.offset = offset
  }

  /** The buffered frames are used up and the log has more. Most inputs want nothing, and are not waited for. */
  wants(log: Log): boolean {
    return !this.ready && log.endOffset(this.topic, this.partition) > this.offset
  }

  /** Reads on where it wants to. */
  async fill(log: Log): Promise<void> {
    if (!this.wants(log)) return
    // Where retention has dropped all there was, no frame says so: it would be behind, and nothing settled, until more came.
    this.offset = Math.max(this.offset, log.startOffset(this.topic, this.partition))
    this.frames = await log.read(this.topic, this.partition, this.offset, READ_BYTES_MAX)
    this.frameIndex = 0
    this.openFrame()
  }

  /** Moves past the current record. */
  take(): void {
    this.offset++
    if (!this.cursor.next()) {
      this.frameIndex++
      this.openFrame()
    }
  }

  lag(log: Log): number {
    return Math.max(0, log.endOffset(this.topic, this.partition) - this.offset)
  }

  private openFrame(): void {
    const stored = this.frames[this.frameIndex]
    this.ready = false
    if (stored === undefined) return
    this.cursor.over(stored.frame)
    const skip = Math.max(0, this.offset - stored.baseOffset)
    for (let index = 0; index <= skip; index++) {
      if (!this.cursor.next()) {
        this.offset = Math.max(this.offset, stored.baseOffset + stored.frame.count)
        this.frameIndex++
        this.openFrame()
        return
      }
    }
    this.offset = stored.baseOffset + this.cursor.index
    this.ready = true
  }
}

/**
 * The input whose next record is the oldest in event time; -1 when none is ready. Ties go to the first. A record
 * that claims no time up to `latest` is taken at once: it will be put aside or is wrongly stamped, and those
 * behind it must not wait until all other inputs are empty.
 */
export const oldestReady = (inputs: readonly Input[], latest: number): number => {
  let oldest = -1
  let time = Infinity
  for (let index = 0; index < inputs.length; index++) {
    const input = inputs[index]!
    if (!input.ready) continue
    if (!(input.cursor.time <= latest)) return index
    if (oldest === -1 || input.cursor.time < time) {
      oldest = index
      time = input.cursor.time
    }
  }
  return oldest
}
