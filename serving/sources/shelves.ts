import { PostShelf } from '../../processors/post-index.ts'
import type { Millis } from '../../schemas/ids.ts'
import { type Candidate, candidateOf, type Source } from '../candidate.ts'
import type { Finding } from '../pipeline/stage.ts'
import type { Viewer } from '../viewer.ts'
import { type Audienced, mayBeFor } from '../visibility/audience.ts'

export interface ShelfBounds {
  /** Posts published later are left out. */
  readonly upTo: Millis
  /** Posts published then or before are left out. */
  readonly after: Millis
  /** When the viewer was last here. */
  readonly newSince: Millis
  /** Posts taken of one shelf that were published since then, and in all. */
  readonly newMax: number
  readonly oldMax: number
}

/** A shelf's next post. */
interface Cursor {
  readonly shelf: PostShelf
  place: number
  publishedAt: Millis
  taken: number
}

/**
 * The posts on many shelves, newest first: those since the viewer was last here, then older ones. Shelves are
 * merged by a heap of their next posts, so what is not taken costs nothing but its row. Posts that are not for the
 * viewer are passed over, and count towards no bound.
 */
export class ShelvesFinding implements Finding {
  private readonly source: Source
  private readonly bounds: ShelfBounds
  private readonly isFor: (post: Audienced) => boolean
  /** A binary heap: the newest next post on top. */
  private readonly heap: Cursor[] = []

  constructor(source: Source, rows: readonly (Buffer | undefined)[], bounds: ShelfBounds, viewer: Viewer) {
    this.source = source
    this.bounds = bounds
    this.isFor = (post) => mayBeFor(post, viewer)
    for (const row of rows) if (row !== undefined) this.open(new PostShelf(row))
    for (let at = (this.heap.length >> 1) - 1; at >= 0; at--) this.sink(at)
  }

  get isExhausted(): boolean {
    return this.heap.length === 0
  }

  take(max: number): readonly Candidate[] {
    const found: Candidate[] = []
    while (found.length < max && this.heap.length > 0) {
      const { shelf, place } = this.heap[0]!
      const post = shelf.post(place)
      const isTaken = post !== null && this.isFor(post)
      this.advance(isTaken)
      if (isTaken) found.push(candidateOf(post, this.source))
    }
    return found
  }

  private open(shelf: PostShelf): void {
    let place = shelf.newest()
    while (place >= 0 && shelf.publishedAt(place) > this.bounds.upTo) place = shelf.older(place)
    if (place < 0) return
    const publishedAt = shelf.publishedAt(place)
    if (publishedAt > this.bounds.after) this.heap.push({ shelf, place, publishedAt, taken: 0 })
  }

  /** Moves the top on to its next post, or drops it. */
  private advance(wasTaken: boolean): void {
    const top = this.heap[0]!
    const { shelf, place } = top
    if (wasTaken) top.taken++
    top.place = wasTaken ? shelf.older(place) : shelf.olderFor(place, this.bounds.after, this.isFor)
    if (top.place >= 0) top.publishedAt = top.shelf.publishedAt(top.place)
    if (top.place < 0 || this.isBeyond(top)) {
      const last = this.heap.pop()!
      if (this.heap.length === 0) return
      this.heap[0] = last
    }
    this.sink(0)
  }

  private isBeyond({ publishedAt, taken }: Cursor): boolean {
    const { after, newSince, newMax, oldMax } = this.bounds
    return publishedAt <= after || taken >= (publishedAt > newSince ? newMax : oldMax)
  }

  private sink(from: number): void {
    const { heap } = this
    const cursor = heap[from]!
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.publishedAt > heap[child]!.publishedAt) child++
      if (heap[child]!.publishedAt <= cursor.publishedAt) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = cursor
  }
}
