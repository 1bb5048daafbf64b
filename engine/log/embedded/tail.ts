import type { StoredFrame } from '../port.ts'

/** What a held frame costs beside its bytes: with one-record frames, more than they do. */
export const HELD_FRAME_BYTES = 256

/** Slots left empty at a queue's front before it is moved together. */
const GAP_MAX = 64

/** The newest frames of one partition, oldest first. */
export class FrameQueue {
  private frames: (StoredFrame | undefined)[] = []
  private from = 0

  push(frame: StoredFrame): void {
    this.frames.push(frame)
  }

  /** Lets go of the oldest; its slot too, or its bytes would stay until the queue is moved together. */
  shift(): void {
    this.frames[this.from++] = undefined
    if (this.from < GAP_MAX || this.from * 2 < this.frames.length) return
    this.frames = this.frames.slice(this.from)
    this.from = 0
  }

  /** Frames from the one that holds `offset`, about `bytesMax` of them; undefined when older ones are needed. */
  read(offset: number, bytesMax: number): StoredFrame[] | undefined {
    const first = this.frames[this.from]
    if (first === undefined || first.baseOffset > offset) return undefined
    const found: StoredFrame[] = []
    let bytes = 0
    for (let at = this.holding(offset); at < this.frames.length; at++) {
      const frame = this.frames[at]!
      found.push(frame)
      bytes += frame.frame.bytes.length
      if (bytes >= bytesMax) break
    }
    return found
  }

  /** Index of the last frame that begins at `offset` or before. */
  private holding(offset: number): number {
    let low = this.from
    let high = this.frames.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.frames[middle]!.baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

/**
 * Keeps the frames appended last in memory, over all partitions together, so that whoever follows the tail
 * reads no disk. Eviction is in order of appending: the oldest of all is the oldest of its partition.
 */
export class TailCache {
  private readonly bytesMax: number
  private bytes = 0
  private queues: (FrameQueue | undefined)[] = []
  private sizes: number[] = []
  private from = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  push(queue: FrameQueue, frame: StoredFrame): void {
    const size = frame.frame.bytes.length + HELD_FRAME_BYTES
    queue.push(frame)
    this.queues.push(queue)
    this.sizes.push(size)
    this.bytes += size
    while (this.bytes > this.bytesMax) this.evict()
  }

  private evict(): void {
    this.queues[this.from]!.shift()
    this.bytes -= this.sizes[this.from]!
    this.queues[this.from++] = undefined
    if (this.from < GAP_MAX || this.from * 2 < this.queues.length) return
    this.queues = this.queues.slice(this.from)
    this.sizes = this.sizes.slice(this.from)
    this.from = 0
  }
}
