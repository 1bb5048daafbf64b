import { FrameCursor, type Frame } from '../frame.ts'
import type { RecordBatchWriter } from './record-batch.ts'

/** Below a topic's default limit of 1 MiB; a larger record goes alone. */
export const BATCH_BYTES_MAX = 900 << 10

/** Frames of one partition on their way into record batches, each with what its sender wants to know it by. */
export class FrameQueue<Tag> {
  private readonly waiting: { readonly frame: Frame; readonly tag: Tag }[] = []
  private readonly cursor = new FrameCursor()
  /** The cursor is within the first frame. */
  private isCut = false

  get isEmpty(): boolean {
    return this.waiting.length === 0
  }

  push(frame: Frame, tag: Tag): void {
    if (frame.count > 0) this.waiting.push({ frame, tag })
  }

  /** Fills one batch; answers the tags of frames whose last record is in it. */
  pack(batch: RecordBatchWriter): Tag[] {
    const done: Tag[] = []
    while (this.waiting.length > 0 && batch.bytes < BATCH_BYTES_MAX) {
      const { frame, tag } = this.waiting[0]!
      if (!this.isCut) this.cursor.over(frame)
      this.isCut = true
      while (batch.bytes < BATCH_BYTES_MAX && this.cursor.next()) batch.append(this.cursor)
      if (this.cursor.index + 1 < frame.count) break
      this.isCut = false
      this.waiting.shift()
      done.push(tag)
    }
    return done
  }

  /** Takes everything out; answers the tags. */
  clear(): Tag[] {
    this.isCut = false
    return this.waiting.splice(0).map(({ tag }) => tag)
  }
}
