import { FrameWriter } from '../frame.ts'
import type { StoredFrame } from '../port.ts'
import type { Place } from './names.ts'
import type { ReadBatches } from './read-batches.ts'

/** Read ahead of a partition's reader; beyond it, nothing more is fetched until some is taken. */
const BUFFER_BYTES_MAX = 1 << 20
const NO_RECORDS = new FrameWriter().take()

/** Says that nothing readable lies before an offset: where markers and aborted records are. */
export const nothingBefore = (offset: number): StoredFrame => ({ baseOffset: offset, frame: NO_RECORDS })

const endOf = ({ baseOffset, frame }: StoredFrame): number => baseOffset + frame.count

/** What was fetched of one partition ahead of its reader: everything readable from `from` to `next`. */
export class Follower {
  readonly place: Place
  /** Fetched next. */
  next: number
  /** A fetch from `next` is under way. */
  isFetching = false
  /** Looks at it, a second apart, since anybody asked for it. */
  idleLooks = 0
  private from: number
  private frames: StoredFrame[] = []
  private bytes = 0

  constructor(place: Place, offset: number) {
    this.place = place
    this.from = offset
    this.next = offset
  }

  get isFull(): boolean {
    return this.bytes >= BUFFER_BYTES_MAX
  }

  covers(offset: number): boolean {
    return offset >= this.from && offset <= this.next
  }

  /** Begins again elsewhere; an answer that is on its way is then of no use. */
  moveTo(offset: number): void {
    this.from = offset
    this.next = offset
    this.frames = []
    this.bytes = 0
  }

  add({ frames, nextOffset }: ReadBatches): void {
    for (const frame of frames) {
      this.frames.push(frame)
      this.bytes += frame.frame.bytes.length
    }
    this.next = nextOffset
  }

  /** Frames from an offset that it covers, dropping those before: their reader is past them. */
  take(offset: number, bytesMax: number): StoredFrame[] {
    const kept = this.frames.findIndex((frame) => endOf(frame) > offset)
    const dropped = this.frames.splice(0, kept === -1 ? this.frames.length : kept)
    for (const { frame } of dropped) this.bytes -= frame.bytes.length
    this.from = Math.max(this.from, Math.min(offset, this.frames[0]?.baseOffset ?? offset))
    if (this.frames.length === 0) return this.next > offset ? [nothingBefore(this.next)] : []
    return firstBytes(this.frames, bytesMax)
  }
}

/** At least one frame, and about as many bytes as are asked for. */
export const firstBytes = (frames: readonly StoredFrame[], bytesMax: number): StoredFrame[] => {
  const taken: StoredFrame[] = []
  let bytes = 0
  for (const frame of frames) {
    taken.push(frame)
    bytes += frame.frame.bytes.length
    if (bytes >= bytesMax) break
  }
  return taken
}
