import type { PostId, RequestId } from '../../schemas/ids.ts'
import type { Removal } from '../candidate.ts'
import { ServingError } from '../errors.ts'
import type { RankedFeed } from '../feed-pipeline.ts'
import { Fingerprints } from './fingerprints.ts'
import { ServedFeed, type ServedSession } from './served-feed.ts'

/** What requests that were served are remembered in at most: some 800 feeds of 2,800 candidates. */
export const SERVED_BYTES_MAX = 64 << 20

export interface OnPage {
  readonly post: { readonly postId: PostId }
}

/** What was taken out when the page was checked again. */
export interface OffPage {
  readonly candidate: OnPage
  readonly removal: Removal
}

/** One page of a feed. */
export interface ServedPage {
  readonly feed: ServedFeed
  /** By place on the page, from 0. */
  readonly shown: Fingerprints
  readonly removed: ReadonlyMap<PostId, Removal>
}

interface RememberedPage extends ServedPage {
  /** The request that began the feed. */
  readonly ofRequestId: RequestId
}

/** Bytes of a page beside its fingerprints, and of each post that was taken out of it. */
const PAGE_BYTES = 512
const REMOVED_BYTES = 128

const bytesOf = ({ shown, removed }: ServedPage): number =>
  PAGE_BYTES + shown.bytes + removed.size * REMOVED_BYTES

/** Requests served last, so that they can be explained: a bounded number of bytes, the oldest leave. */
export class ServedRequests {
  private readonly bytesMax: number
  private readonly pages = new Map<RequestId, RememberedPage>()
  /** Pages that stand for each feed: it leaves with the last of them. */
  private readonly pagesOf = new Map<ServedFeed, number>()
  /** The feed that each request began, while any of its pages is remembered. */
  private readonly begunBy = new Map<RequestId, ServedFeed>()
  private bytesHeld = 0

  constructor(bytesMax = SERVED_BYTES_MAX) {
    this.bytesMax = bytesMax
  }

  get bytes(): number {
    return this.bytesHeld
  }

  /** Remembers a ranking and its first page. */
  note(
    requestId: RequestId,
    feed: RankedFeed,
    shown: readonly OnPage[],
    removed: readonly OffPage[] = [],
  ): void {
    this.put(requestId, requestId, new ServedFeed(feed), { shown, removed })
  }

  /** Remembers a later page of a ranking; where that is remembered no more, by what its session still knows. */
  page(
    requestId: RequestId,
    session: ServedSession,
    shown: readonly OnPage[],
    removed: readonly OffPage[] = [],
  ): void {
    const feed = this.begunBy.get(session.requestId) ?? ServedFeed.ofSession(session)
    this.put(requestId, session.requestId, feed, { shown, removed })
  }

  /** Throws `REQUEST_UNKNOWN`. */
  get(requestId: RequestId): ServedPage {
    const page = this.pages.get(requestId)
    if (page === undefined) throw new ServingError('REQUEST_UNKNOWN', `request "${requestId}"`)
    return page
  }

  private put(
    requestId: RequestId,
    ofRequestId: RequestId,
    feed: ServedFeed,
    { shown, removed }: { readonly shown: readonly OnPage[]; readonly removed: readonly OffPage[] },
  ): void {
    this.forget(requestId)
    const page: RememberedPage = {
      ofRequestId,
      feed,
      shown: new Fingerprints(shown.map(({ post }) => post.postId)),
      removed: new Map(removed.map(({ candidate, removal }) => [candidate.post.postId, removal])),
    }
    this.pages.set(requestId, page)
    const others = this.pagesOf.get(feed) ?? 0
    this.pagesOf.set(feed, others + 1)
    this.begunBy.set(ofRequestId, feed)
    this.bytesHeld += bytesOf(page) + (others === 0 ? feed.bytes : 0)
    while (this.bytesHeld > this.bytesMax) this.forget(this.pages.keys().next().value!)
  }

  private forget(requestId: RequestId): void {
    const page = this.pages.get(requestId)
    if (page === undefined) return
    this.pages.delete(requestId)
    const left = this.pagesOf.get(page.feed)! - 1
    this.bytesHeld -= bytesOf(page) + (left === 0 ? page.feed.bytes : 0)
    if (left > 0) {
      this.pagesOf.set(page.feed, left)
      return
    }
    this.pagesOf.delete(page.feed)
    if (this.begunBy.get(page.ofRequestId) === page.feed) this.begunBy.delete(page.ofRequestId)
  }
}
