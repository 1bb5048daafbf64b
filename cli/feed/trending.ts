import type { Clock } from '../../engine/clock.ts'
import { keyOf } from '../../engine/key.ts'
import { readPosts } from '../../processors/post-index.ts'
import { hourOf, type IndexedPost } from '../../processors/topics/post-entry.ts'
import { post as postView } from '../../processors/views/post.ts'
import { HOUR_MS, type Millis, millis } from '../../schemas/ids.ts'
import { FeatureTable } from './feature-table.ts'
import { ageTermOf, popularityOf } from './score.ts'
import type { StateRows } from '../../serving/state-rows.ts'

/** Hours walked back from the time of the feed: a week. */
export const TRENDING_HOURS_MAX = 168
/** Hours read at once; walking stops when enough posts were found. */
const HOURS_PER_READ = 24
/** Posts looked at, newest first, and kept, best first. */
export const TRENDING_SCANNED_MAX = 2_000
export const TRENDING_KEPT_MAX = 500

/** A pool older than this is made anew behind the reader's back. */
export const TRENDING_REFRESH_MS = 3_000
/** Pools kept, an hour of feed time each: now, and a few others that are asked for as of another time. */
const POOLS_MAX = 8

interface Pool {
  posts: readonly IndexedPost[]
  madeAtMs: number
  making: Promise<void> | undefined
}

/**
 * Public posts that do well now, best first: what fills a feed. Made from the index of posts by hour, ranked
 * by popularity and age, and shared by all readers for a few seconds.
 */
export class Trending {
  private readonly rows: StateRows
  private readonly clock: Clock
  /** By hour of feed time; the one used last comes last. */
  private readonly pools = new Map<number, Pool>()

  constructor(rows: StateRows, clock: Clock) {
    this.rows = rows
    this.clock = clock
  }

  /** Waits only for the first pool of an hour. It may hold posts published after `asOf`, within the hour. */
  async posts(asOf: Millis): Promise<readonly IndexedPost[]> {
    const pool = this.poolOf(Math.floor(asOf / HOUR_MS))
    const isFirst = pool.madeAtMs === -Infinity
    if (this.clock.monotonicMs() - pool.madeAtMs > TRENDING_REFRESH_MS) {
      pool.making ??= this.make(pool, asOf).finally(() => (pool.making = undefined))
      // A refresh that fails leaves the posts as they were; the next reader tries again.
      if (!isFirst) pool.making.catch(() => undefined)
    }
    if (isFirst) await pool.making
    return pool.posts
  }

  private poolOf(hour: number): Pool {
    const pool = this.pools.get(hour) ?? { posts: [], madeAtMs: -Infinity, making: undefined }
    this.pools.delete(hour)
    this.pools.set(hour, pool)
    if (this.pools.size > POOLS_MAX) this.pools.delete(this.pools.keys().next().value!)
    return pool
  }

  private async make(pool: Pool, asOf: Millis): Promise<void> {
    const found = await this.newestPublic(asOf)
    const table = await FeatureTable.read(
      this.rows,
      postView,
      found.map(({ postId }) => keyOf(postId)),
      asOf,
    )
    const scores = found.map(
      ({ publishedAt }, row) => popularityOf(table, row) + ageTermOf(asOf - publishedAt),
    )
    pool.posts = found
      .map((_, index) => index)
      .sort((one, other) => scores[other]! - scores[one]! || one - other)
      .slice(0, TRENDING_KEPT_MAX)
      .map((index) => found[index]!)
    pool.madeAtMs = this.clock.monotonicMs()
  }

  private async newestPublic(asOf: Millis): Promise<IndexedPost[]> {
    const found: IndexedPost[] = []
    for (
      let back = 0;
      back < TRENDING_HOURS_MAX && found.length < TRENDING_SCANNED_MAX;
      back += HOURS_PER_READ
    ) {
      const hours = Array.from({ length: HOURS_PER_READ }, (_, hour) =>
        keyOf(hourOf(millis(asOf - (back + hour) * HOUR_MS))),
      )
      for (const row of await this.rows.readMany('posts-by-hour', hours)) {
        if (row === undefined) continue
        for (const post of readPosts(row)) if (post.audience === 'public') found.push(post)
      }
    }
    return found.slice(0, TRENDING_SCANNED_MAX)
  }
}
