import { ModelError } from '../../models/errors.ts'
import type { Matches } from '../../models/retrieval/vector-index.ts'
import type { ViewerSide } from '../../models/retrieval/tower-inputs.ts'
import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import { retrievalScore } from './retrieval-score.ts'
import type { Millis } from '../../schemas/ids.ts'
import type { FeedQuery } from '../query.ts'
import { POST_AGE_MAX_MS } from '../quotas.ts'
import type { Nearest, Retrieval } from '../sources/retrieval.ts'
import { orderOf } from '../scorers/order.ts'
import type { Viewer } from '../viewer.ts'
import { type PostIndex, PostPool, type PostPoolParts } from './post-pool.ts'
import { viewerSideOf } from './viewer-side.ts'

/** Between looks at what was published. */
export const REFRESH_MS = 1_000
/** After a failure, until the next try. */
export const RESTART_MS = 5_000
/** Posts looked up for each that is asked for: some are seen, or the viewer's own, and of the nearest the fresh count. */
const LOOKED_UP = 3
export const LOOKED_UP_MAX = 3_000

/** Towers to search by. */
export interface VersionedTowers {
  readonly version: string
  readonly parameters: Float32Array
}

/** Searches in a thread of its own: see `SearchThread`. */
export interface Searcher extends PostIndex {
  search(viewer: ViewerSide, count: number): Promise<Matches>
  swap(towers: Float32Array): Promise<void>
  settle(): Promise<void>
  close(): Promise<void>
}

export interface SearchedPostsParts extends Omit<PostPoolParts, 'index'> {
  /** Starts a searcher by these towers; again when one has died. */
  readonly start: (towers: Float32Array) => Searcher
  readonly sleep: (ms: number) => Promise<void>
  /** Told why posts could not be followed, for whoever keeps a log of errors. */
  readonly failed: (error: unknown) => void
}

/** Finds posts by the two towers, over an index that follows posts as they come and go. */
export class SearchedPosts implements Retrieval {
  private readonly parts: SearchedPostsParts
  /** Those that the searcher took last. */
  private searched: VersionedTowers
  /** What it searches by once it has taken or refused all that it was given. */
  private searchedNext: Promise<VersionedTowers>
  private searcher: Searcher
  private pool: PostPool
  private refreshing: Promise<void> | undefined
  private isFilled = false
  private isClosed = false

  constructor(parts: SearchedPostsParts, towers: VersionedTowers) {
    this.parts = parts
    this.searched = towers
    this.searchedNext = Promise.resolve(towers)
    this.searcher = parts.start(towers.parameters)
    this.pool = new PostPool({ ...parts, index: this.searcher })
  }

  /** What it searches by. */
  get towers(): VersionedTowers {
    return this.searched
  }

  get isReady(): boolean {
    return this.pool.size > 0
  }

  /** Posts that are searched through. */
  get size(): number {
    return this.pool.size
  }

  /** Follows posts until `close`. */
  async follow(): Promise<void> {
    while (!this.isClosed) {
      let waitMs = REFRESH_MS
      try {
        await this.refresh()
      } catch (error) {
        if (this.isClosed) return
        this.parts.failed(error)
        waitMs = RESTART_MS
        if (error instanceof ModelError && error.code === 'SEARCH_CRASHED') this.restart()
      }
      await this.parts.sleep(waitMs)
    }
  }

  /** Takes in what was published since the last time. Throws what reading rows and the searcher throw. */
  async refresh(): Promise<void> {
    this.refreshing ??= this.takeIn().finally(() => (this.refreshing = undefined))
    return this.refreshing
  }

  /**
   * Takes in every post there is, and waits until the index has become what it is to be: for who measures feeds as
   * they are long after the start. Throws as `refresh` does.
   */
  async settle(): Promise<void> {
    await this.refreshing?.catch(() => undefined)
    this.isFilled = false
    await this.refresh()
    await this.searcher.settle()
  }

  /** Searches by other towers from now on. Throws what the searcher throws; it then searches as before. */
  async swap(towers: VersionedTowers): Promise<void> {
    const before = this.searchedNext
    const taken = this.searcher.swap(towers.parameters)
    this.searchedNext = taken.then(
      () => (this.searched = towers),
      () => before,
    )
    await taken
  }

  async nearest(query: FeedQuery, viewer: Viewer, postsMax: number): Promise<Nearest> {
    const isWanted = (post: IndexedPost): boolean =>
      post.publishedAt <= query.asOf &&
      query.asOf - post.publishedAt <= POST_AGE_MAX_MS &&
      post.authorId !== viewer.userId &&
      !viewer.seen.has(post.postId) &&
      !viewer.isKeptApart(post.authorId)
    const side = viewerSideOf(viewer)
    const { pool } = this
    if (side === null) {
      const posts = firstOf(pool.newest(), isWanted, postsMax)
      return { posts, isAll: posts.length < postsMax, modelVersion: null }
    }
    const lookedUp = Math.min(postsMax * LOOKED_UP, LOOKED_UP_MAX)
    // The searcher takes searches and swaps in the order that they are asked for.
    const { searchedNext } = this
    const matches = await this.searcher.search(side, lookedUp)
    const { version: modelVersion } = await searchedNext
    const posts = firstOf(postsIn(pool, freshestFirst(matches, pool, query.asOf)), isWanted, postsMax)
    return { posts, isAll: posts.length < postsMax && pool.size <= lookedUp, modelVersion }
  }

  async close(): Promise<void> {
    this.isClosed = true
    await this.refreshing?.catch(() => undefined)
    await this.searcher.close()
  }

  private async takeIn(): Promise<void> {
    if (this.isFilled) return this.pool.refresh()
    await this.pool.fill()
    this.isFilled = true
  }

  private restart(): void {
    this.searchedNext = Promise.resolve(this.searched)
    this.searcher = this.parts.start(this.searched.parameters)
    this.pool = new PostPool({ ...this.parts, index: this.searcher })
    this.isFilled = false
  }
}

/** Slots by how near and how fresh their posts are. */
const freshestFirst = ({ slots, scores }: Matches, pool: PostPool, asOf: Millis): Uint32Array => {
  const values = new Float32Array(slots.length)
  for (let index = 0; index < slots.length; index++) {
    values[index] = retrievalScore(scores[index]!, asOf - pool.publishedAt(slots[index]!))
  }
  const sorted = orderOf(values, slots.length)
  for (let place = 0; place < sorted.length; place++) sorted[place] = slots[sorted[place]!]!
  return sorted
}

function* postsIn(pool: PostPool, slots: Uint32Array): Generator<IndexedPost> {
  for (const slot of slots) {
    const post = pool.post(slot)
    if (post !== undefined) yield post
  }
}

const firstOf = (
  posts: Iterable<IndexedPost>,
  isWanted: (post: IndexedPost) => boolean,
  postsMax: number,
): IndexedPost[] => {
  const found: IndexedPost[] = []
  for (const post of posts) {
    if (found.length === postsMax) break
    if (isWanted(post)) found.push(post)
  }
  return found
}
