import type { Clock } from '../../../engine/clock.ts'
import { keyOf } from '../../../engine/key.ts'
import type { ViewRows } from '../../../features/view.ts'
import { readPosts } from '../../../processors/post-index.ts'
import { hourOf, type IndexedPost } from '../../../processors/topics/post-entry.ts'
import { post as postView } from '../../../processors/views/post.ts'
import { postCountry as countryView } from '../../../processors/views/post-country.ts'
import { HOUR_MS, type Millis, millis } from '../../../schemas/ids.ts'
import { primaryLanguage } from '../../../schemas/language.ts'
import { QUOTAS } from '../../quotas.ts'
import type { StateRows } from '../../state-rows.ts'
import { ageTerm, popularity, popularityInCountry } from './popularity.ts'

/** Hours walked back from the time of the feed: a week. */
export const TRENDING_HOURS_MAX = 168
/** Hours read first; where they hold too few posts all others are read together: those are short, and few wait twice. */
const HOURS_FIRST = 24
/** Public posts looked at, newest first. */
export const TRENDING_SCANNED_MAX = 2_000
/** Posts scored before other work gets its turn. */
const SCORED_PER_TURN = 250
/** Of a pool, as many as trending may ever give: its quota, and what is seen or not for the viewer. */
export const TRENDING_KEPT_MAX = 3 * QUOTAS.trending

/** A pool older than this is made anew behind the reader's back. */
export const TRENDING_REFRESH_MS = 3_000
/** Pools kept, one for an hour of feed time, country and language: those used last. */
export const TRENDING_POOLS_MAX = 128

const VERSION_BYTES = 1
const EMPTY = Buffer.alloc(0)

interface Pool {
  posts: readonly IndexedPost[]
  madeAtMs: number
  making: Promise<void> | undefined
}

/** A pool's posts, and those of another behind them. */
interface Merged {
  readonly second: readonly IndexedPost[]
  readonly posts: readonly IndexedPost[]
}

export interface TrendingOptions {
  readonly rows: StateRows
  readonly clock: Clock
  /** Lets other work of the process have its turn. */
  readonly breathe: () => Promise<void>
}

/**
 * Public posts that do well now, best first: of a country and language, then of everywhere. Made from the
 * index of posts by hour and shared by all readers for a few seconds.
 */
export class TrendingPools {
  private readonly rows: StateRows
  private readonly clock: Clock
  private readonly breathe: () => Promise<void>
  /** By hour, country and language; the one used last comes last. */
  private readonly pools = new Map<string, Pool>()
  private readonly merged = new WeakMap<readonly IndexedPost[], Merged>()

  constructor({ rows, clock, breathe }: TrendingOptions) {
    this.rows = rows
    this.clock = clock
    this.breathe = breathe
  }

  /**
   * What trends in the country among posts in the language (or in none), regions aside, and behind it what trends
   * everywhere; null for one that is not known. Published up to `asOf`. Waits only for the first pool of its kind.
   */
  async posts(asOf: Millis, country: string | null, tag: string | null): Promise<readonly IndexedPost[]> {
    const language = tag === null ? null : primaryLanguage(tag)
    const everywhere = this.pool(asOf, null, null)
    const local = country === null && language === null ? everywhere : this.pool(asOf, country, language)
    const [first, second] = await Promise.all([local, everywhere])
    return this.both(first, second).filter(({ publishedAt }) => publishedAt <= asOf)
  }

  /** Each post once; made once of two pools, until one of them is made anew. */
  private both(first: readonly IndexedPost[], second: readonly IndexedPost[]): readonly IndexedPost[] {
    if (first === second) return first
    const known = this.merged.get(first)
    if (known?.second === second) return known.posts
    const posts = [...new Map([...first, ...second].map((post) => [post.postId, post])).values()]
    this.merged.set(first, { second, posts })
    return posts
  }

  private async pool(
    asOf: Millis,
    country: string | null,
    language: string | null,
  ): Promise<readonly IndexedPost[]> {
    const pool = this.poolOf(`${Math.floor(asOf / HOUR_MS)} ${country ?? ''} ${language ?? ''}`)
    const isFirst = pool.madeAtMs === -Infinity
    if (this.clock.monotonicMs() - pool.madeAtMs > TRENDING_REFRESH_MS) {
      pool.making ??= this.make(pool, asOf, country, language).finally(() => (pool.making = undefined))
      // A refresh that fails leaves the posts as they were; the next reader tries again.
      if (!isFirst) pool.making.catch(() => undefined)
    }
    if (isFirst) await pool.making
    return pool.posts
  }

  private poolOf(name: string): Pool {
    const pool = this.pools.get(name) ?? { posts: [], madeAtMs: -Infinity, making: undefined }
    this.pools.delete(name)
    this.pools.set(name, pool)
    if (this.pools.size > TRENDING_POOLS_MAX) this.pools.delete(this.pools.keys().next().value!)
    return pool
  }

  private async make(
    pool: Pool,
    asOf: Millis,
    country: string | null,
    language: string | null,
  ): Promise<void> {
    const isIn = (post: IndexedPost): boolean =>
      language === null || post.language === null || primaryLanguage(post.language) === language
    const found = await this.newestPublic(asOf, isIn)
    const scores = await this.scoresOf(found, asOf, country)
    pool.posts = Array.from(found.keys())
      .filter((index) => scores[index]! > -Infinity)
      .sort((one, other) => scores[other]! - scores[one]! || one - other)
      .slice(0, TRENDING_KEPT_MAX)
      .map((index) => found[index]!)
    pool.madeAtMs = this.clock.monotonicMs()
  }

  private async newestPublic(
    asOf: Millis,
    isIn: (post: IndexedPost) => boolean,
  ): Promise<readonly IndexedPost[]> {
    const found: IndexedPost[] = []
    for (const [from, to] of [
      [0, HOURS_FIRST],
      [HOURS_FIRST, TRENDING_HOURS_MAX],
    ] as const) {
      if (found.length >= TRENDING_SCANNED_MAX) break
      const hours = Array.from({ length: to - from }, (_, hour) =>
        keyOf(hourOf(millis(asOf - (from + hour) * HOUR_MS))),
      )
      for (const row of await this.rows.readMany('posts-by-hour', hours)) {
        if (row === undefined) continue
        for (const post of readPosts(row)) if (post.audience === 'public' && isIn(post)) found.push(post)
        if (found.length >= TRENDING_SCANNED_MAX) break
      }
      await this.breathe()
    }
    return found.slice(0, TRENDING_SCANNED_MAX)
  }

  /** −Infinity for a post that nobody in the country took to. */
  private async scoresOf(
    posts: readonly IndexedPost[],
    asOf: Millis,
    country: string | null,
  ): Promise<Float64Array> {
    const view = country === null ? postView : countryView
    const values = new Float32Array(view.columns.length)
    const scores = new Float64Array(posts.length)
    const rows = await this.readRows(view, posts, country)
    for (const [at, { publishedAt }] of posts.entries()) {
      if (at % SCORED_PER_TURN === 0) await this.breathe()
      readRow(view, rows[at], asOf, values)
      const popular = country === null ? popularity(values, 0) : popularityInCountry(values, 0)
      const isNoticed = country === null || popular > 0
      scores[at] = isNoticed ? popular + ageTerm(asOf - publishedAt) : -Infinity
    }
    return scores
  }

  private readRows(
    view: ViewRows,
    posts: readonly IndexedPost[],
    country: string | null,
  ): Promise<(Buffer | undefined)[]> {
    const keys = posts.map(({ postId }) => (country === null ? keyOf(postId) : keyOf(postId, country)))
    return this.rows.readMany(view.name, keys)
  }
}

/** A key without a row of the view's version reads as never seen. */
const readRow = (view: ViewRows, row: Buffer | undefined, asOf: Millis, into: Float32Array): void => {
  const known = row !== undefined && row[0] === view.version ? row : EMPTY
  view.read(known, known === EMPTY ? 0 : VERSION_BYTES, known.length, asOf, into, 0)
}
