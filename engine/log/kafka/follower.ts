import { FrameWriter } from '../frame.ts'
import type { StoredFrame } from '../port.ts'
import type { Place } from './names.ts'
import type { ReadBatches } from './read-batches.ts'

/**
 * Read ahead of a partition's reader; beyond it, nothing more is fetched until some is taken. Twice what a fetch
 * brings, so that one is on its way while another is being taken.
 */
const BUFFER_BYTES_MAX = 2 << 20
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
  /** The broker is known to have more from `next` on: its answer will not have to be waited for. */
  isBehind = false
  /** What was fetched last could not be read, or was refused. */
  hasFailed = false
  /** After a fetch that failed, it is not asked for until somebody has looked what to do about it. */
  isResting = false
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

  /** Where fetching failed, only the leader can tell a reader why: nothing more will be read ahead for it. */
  covers(offset: number): boolean {
    return offset >= this.from && (this.hasFailed ? offset < this.next : offset <= this.next)
  }

  /** Begins again elsewhere; an answer that is on its way is then of no use. */
  moveTo(offset: number): void {
    this.from = offset
    this.next = offset
    this.frames = []
    this.bytes = 0
    this.hasFailed = false
    this.isBehind = true
  }

  /** Takes what was fetched from `next`, and where the partition ended then. */
  add({ frames, nextOffset }: ReadBatches, end: number): void {
    for (const frame of frames) {
      this.frames.push(frame)
      this.bytes += frame.frame.bytes.length
    }
    this.hasFailed = false
    // The marker of a commit comes a moment after its records: nothing new is news to wait for.
    this.isBehind = nextOffset > this.next && nextOffset < end
    this.next = nextOffset
  }

  /**
   * Frames from an offset that it covers. They are the reader's from then on, as are those before, so that
   * reading ahead goes on while they are processed.
   */
  take(offset: number, bytesMax: number): StoredFrame[] {
    const first = this.frames.findIndex((frame) => endOf(frame) > offset)
    if (first === -1) {
      this.drop(this.frames.length)
      this.from = this.next
      return this.next > offset ? [nothingBefore(this.next)] : []
    }
    this.drop(first)
    const taken = firstBytes(this.frames, bytesMax)
    this.drop(taken.length)
    this.from = endOf(taken.at(-1)!)
    return taken
  }

  private drop(count: number): void {
    for (const { frame } of this.frames.splice(0, count)) this.bytes -= frame.bytes.length
  }
}

/** At least one frame, and about as many bytes as are asked for. */
const firstBytes = (frames: readonly StoredFrame[], bytesMax: number): StoredFrame[] => {
  const taken: StoredFrame[] = []
  let bytes = 0
  for (const frame of frames) {
    taken.push(frame)
    bytes += frame.frame.bytes.length
    if (bytes >= bytesMax) break
  }
  return taken
}
