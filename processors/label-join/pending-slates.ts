import { type ByteReader, type ByteWriter, copyBytes } from '../../engine/bytes.ts'
import type { StateLayout } from '../../engine/processor.ts'
import { type Millis, millis } from '../../schemas/ids.ts'
import type { Impression } from '../../schemas/impressions/index.ts'
import { Fingerprint } from '../fingerprint.ts'
import { rowReader } from '../rows.ts'

export const NO_SLATE = -1

/**
 * Header: `f64 time of the last erasure`, 0 for none. Then a slate: `f64 at · u16 posts · u8 length · request
 * id · u32 low half of a fingerprint a post`. Half a fingerprint does for finding the slate: its labels are
 * looked up by the whole one, and two of 64 slates of 50 posts are mistaken once in a million reactions.
 */
const HEADER_BYTES = 8
const POSTS_AT = 8
const ID_LENGTH_AT = 10
const ID_AT = 11

/** A user's slates that wait for labels: bytes behind one reused handle. Slates are named by their offset. */
export class PendingSlates {
  private bytes = Buffer.alloc(4096)
  private view = viewOf(this.bytes)
  private end = HEADER_BYTES

  clear(): this {
    for (let at = 0; at < HEADER_BYTES; at++) this.bytes[at] = 0
    this.end = HEADER_BYTES
    return this
  }

  load(reader: ByteReader): this {
    const length = reader.left
    this.reserve(length)
    copyBytes(reader.buffer, reader.position, reader.end, this.bytes, 0)
    this.end = length
    return this
  }

  save(writer: ByteWriter): boolean {
    if (this.isEmpty && this.erasedAt === 0) return false
    writer.bytes(this.bytes, 0, this.end)
    return true
  }

  get isEmpty(): boolean {
    return this.end === HEADER_BYTES
  }

  get erasedAt(): number {
    return this.view.getFloat64(0, true)
  }

  set erasedAt(at: number) {
    this.view.setFloat64(0, at, true)
  }

  /** The first slate; `NO_SLATE` when there is none. */
  get first(): number {
    return this.isEmpty ? NO_SLATE : HEADER_BYTES
  }

  /** The slate after this one; `NO_SLATE` at the end. */
  next(slate: number): number {
    const after = this.postsAt(slate) + this.posts(slate) * 4
    return after < this.end ? after : NO_SLATE
  }

  at(slate: number): number {
    return this.view.getFloat64(slate, true)
  }

  requestId(slate: number): string {
    return this.bytes.toString('utf8', slate + ID_AT, this.postsAt(slate))
  }

  find(requestId: string): number {
    for (let slate = this.first; slate !== NO_SLATE; slate = this.next(slate)) {
      if (this.requestId(slate) === requestId) return slate
    }
    return NO_SLATE
  }

  has(slate: number, low: number): boolean {
    const { view } = this
    const start = this.postsAt(slate)
    const end = start + this.posts(slate) * 4
    for (let at = start; at < end; at += 4) if (view.getUint32(at, true) === low) return true
    return false
  }

  add({ requestId, at, candidates }: Impression): void {
    const slate = this.end
    this.reserve(slate + ID_AT + Buffer.byteLength(requestId) + candidates.length * 4)
    const length = this.bytes.write(requestId, slate + ID_AT)
    this.view.setFloat64(slate, at, true)
    this.view.setUint16(slate + POSTS_AT, candidates.length, true)
    this.bytes[slate + ID_LENGTH_AT] = length
    let place = slate + ID_AT + length
    for (const { postId } of candidates) {
      this.view.setUint32(place, post.of(postId).low, true)
      place += 4
    }
    this.end = place
  }

  remove(slate: number): void {
    const next = this.next(slate)
    if (next === NO_SLATE) this.end = slate
    else {
      this.bytes.copyWithin(slate, next, this.end)
      this.end -= next - slate
    }
  }

  /** The oldest slate (by time, then request) when there are more than `max`; `NO_SLATE` otherwise. */
  excess(max: number): number {
    let count = 0
    let oldest = NO_SLATE
    for (let slate = this.first; slate !== NO_SLATE; slate = this.next(slate)) {
      count++
      if (oldest === NO_SLATE || this.isNewer(oldest, slate)) oldest = slate
    }
    return count > max ? oldest : NO_SLATE
  }

  isNewer(one: number, other: number): boolean {
    const difference = this.at(one) - this.at(other)
    return difference > 0 || (difference === 0 && this.requestId(one) > this.requestId(other))
  }

  private posts(slate: number): number {
    return this.view.getUint16(slate + POSTS_AT, true)
  }

  private postsAt(slate: number): number {
    return slate + ID_AT + this.bytes[slate + ID_LENGTH_AT]!
  }

  private reserve(length: number): void {
    if (length <= this.bytes.length) return
    const grown = Buffer.alloc(Math.max(length, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.end)
    this.bytes = grown
    this.view = viewOf(grown)
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

const post = new Fingerprint()
const row = new PendingSlates()

export const pendingLayout: StateLayout<PendingSlates> = {
  version: 1,
  create: () => row.clear(),
  read: (reader) => row.load(reader),
  write: (state, writer) => state.save(writer),
}

/** A slate that waits for labels, as people read it. */
export interface PendingSlate {
  readonly requestId: string
  readonly at: Millis
}

/** The slates in a row of `label-index`. */
export const readPendingSlates = (stored: Buffer): PendingSlate[] => {
  const state = new PendingSlates().load(rowReader(pendingLayout, stored))
  const slates: PendingSlate[] = []
  for (let slate = state.first; slate !== NO_SLATE; slate = state.next(slate)) {
    slates.push({ requestId: state.requestId(slate), at: millis(state.at(slate)) })
  }
  return slates
}
