import type { Clock } from '../../engine/clock.ts'
import { keyOf } from '../../engine/key.ts'
import { readPostAttributes } from '../../processors/post-attributes.ts'
import type { IndexedPost } from '../../processors/topics/post-entry.ts'
import type { ContainerId, Hashtag, Millis, PostId, UserId } from '../../schemas/ids.ts'
import type { Audience, PostKind } from '../../schemas/posts/index.ts'
import {
  type Candidate,
  type Counts,
  REMOVALS,
  type Removal,
  type Source,
  SOURCES,
  zeros,
} from './candidate.ts'
import { removalOf } from './filters.ts'
import { connectedPosts } from './inventory.ts'
import { type Ranked, rank, rounded } from './ranking.ts'
import { type Reason, reasonOf } from './reason.ts'
import { Selection } from './selection.ts'
import { TERMS, type Terms } from './score.ts'
import { StateRows, type StoreSource } from '../../serving/state-rows.ts'
import { Trending } from './trending.ts'
import { readViewer, type Viewer } from './viewer.ts'

export const FEED_LIMIT_DEFAULT = 20
export const FEED_LIMIT_MAX = 100

/** Candidates ranked at most: connected ones, filled up with trending ones. */
export const CANDIDATES_MAX = 1_500

export interface FeedQuery {
  readonly userId: UserId
  /** 1 to `FEED_LIMIT_MAX`. */
  readonly limit: number
  /** The time that features are read as of; posts published later are left out. */
  readonly asOf: Millis
}

export interface FeedPost {
  readonly kind: PostKind
  readonly audience: Audience
  readonly containerId: ContainerId | null
  readonly text: string | null
  readonly language: string | null
  readonly hashtags: readonly Hashtag[]
  readonly at: Millis
  readonly editedAt: Millis | null
}

export interface FeedItem {
  readonly postId: PostId
  readonly authorId: UserId
  /** The sum of `terms`. */
  readonly score: number
  readonly reason: Reason
  readonly terms: Terms
  readonly features: Readonly<Record<string, number>>
  /** Shown again, because there was too little that is new. */
  readonly seen: boolean
  readonly post: FeedPost
}

export interface FeedMeta {
  readonly asOf: Millis
  readonly tookMs: number
  /** How many posts were ranked. */
  readonly candidates: number
  /** Of those, by source. */
  readonly sources: Counts<Source>
  /** Posts found and left out, by reason; `seen` ones only while there was enough else. */
  readonly removed: Counts<Removal>
}

export interface Feed {
  readonly items: readonly FeedItem[]
  readonly meta: FeedMeta
}

/**
 * The first feed: posts of whom and what the viewer is tied to and of authors they touched, filled up with
 * what trends, ranked by affinity, popularity and age. Reads the state as it is, through one process.
 */
export class FeedReader {
  private readonly rows: StateRows
  private readonly clock: Clock
  private readonly trending: Trending

  /** `partitions` is the number that every topic has. */
  constructor(source: StoreSource, partitions: number, clock: Clock) {
    this.rows = new StateRows(source, partitions)
    this.clock = clock
    this.trending = new Trending(this.rows, clock)
  }

  async read(query: FeedQuery): Promise<Feed> {
    const started = this.clock.monotonicMs()
    const { userId, limit, asOf } = query
    const viewer = await readViewer(this.rows, userId)
    const removed = zeros(REMOVALS)
    const candidates = await this.candidates(viewer, asOf, removed)
    const { ranked, removedByIntegrity } = await rank(this.rows, viewer, candidates, asOf)
    removed.integrity = removedByIntegrity
    const items = await this.page(ranked, viewer, limit, asOf, removed)
    const sources = zeros(SOURCES)
    for (const { source } of candidates) sources[source]++
    const tookMs = Math.round((this.clock.monotonicMs() - started) * 10) / 10
    return { items, meta: { asOf, tookMs, candidates: candidates.length, sources, removed } }
  }

  /** Connected posts first, then trending ones; each once, and none that is not for the viewer. */
  private async candidates(
    viewer: Viewer,
    asOf: Millis,
    removed: Counts<Removal>,
  ): Promise<readonly Candidate[]> {
    const [connected, trending] = await Promise.all([
      connectedPosts(this.rows, viewer, asOf),
      this.trending.posts(asOf),
    ])
    const known = new Set(connected.map(({ post }) => post.postId))
    const strange = trending.filter(({ postId }) => !known.has(postId))
    const found = [...connected, ...strange.map((post): Candidate => ({ post, source: 'trending' }))]
    const kept: Candidate[] = []
    for (const candidate of found) {
      if (kept.length === CANDIDATES_MAX) break
      const removal = removalOf(candidate.post, viewer, asOf)
      if (removal === null) kept.push(candidate)
      else removed[removal]++
    }
    return kept
  }

  /** The best that was not seen; when that is too little, the best that was. */
  private async page(
    ranked: readonly Ranked[],
    viewer: Viewer,
    limit: number,
    asOf: Millis,
    removed: Counts<Removal>,
  ): Promise<readonly FeedItem[]> {
    const fresh: Ranked[] = []
    const seen: Ranked[] = []
    for (const each of ranked) (viewer.seen.has(each.candidate.post.postId) ? seen : fresh).push(each)
    const authors = new Map<UserId, number>()
    const items: FeedItem[] = []
    for (const those of [fresh, seen]) {
      const selection = new Selection(those, authors)
      while (items.length < limit && !selection.isEmpty) {
        const next = selection.take(limit - items.length)
        items.push(...(await this.hydrate(next, viewer, those === seen, asOf, removed)))
      }
    }
    removed.seen = seen.length - items.filter((item) => item.seen).length
    return items
  }

  /** Takes in what posts are now: one that was deleted or edited a moment ago may stand otherwise in an index. */
  private async hydrate(
    ranked: readonly Ranked[],
    viewer: Viewer,
    seen: boolean,
    asOf: Millis,
    removed: Counts<Removal>,
  ): Promise<FeedItem[]> {
    const rows = await this.rows.readMany(
      'post-attributes',
      ranked.map(({ candidate }) => keyOf(candidate.post.postId)),
    )
    const items: FeedItem[] = []
    for (const [index, each] of ranked.entries()) {
      const post = postOf(each.candidate, rows[index])
      const removal = post === null ? 'deleted' : removalOf(nowOf(each.candidate, post), viewer, asOf)
      if (removal !== null) removed[removal]++
      else items.push(itemOf(each, post!, viewer, seen, asOf))
    }
    return items
  }
}

const postOf = ({ post }: Candidate, row: Buffer | undefined): FeedPost | null => {
  const attributes = row === undefined ? null : readPostAttributes(row)
  if (attributes === null || attributes.content === null) return null
  const { kind, audience, containerId, text, language, hashtags } = attributes.content
  const { editedAt } = attributes
  return { kind, audience, containerId, text, language, hashtags, at: post.publishedAt, editedAt }
}

const nowOf = ({ post }: Candidate, { audience, containerId }: FeedPost): IndexedPost => ({
  ...post,
  audience,
  containerId,
})

const itemOf = (ranked: Ranked, post: FeedPost, viewer: Viewer, seen: boolean, asOf: Millis): FeedItem => {
  const { candidate, score, terms } = ranked
  const { postId, authorId } = candidate.post
  const reason = reasonOf(candidate, viewer, asOf)
  return {
    postId,
    authorId,
    score: rounded(score),
    reason,
    terms: roundedTerms(terms),
    features: ranked.features(),
    seen,
    post,
  }
}

const roundedTerms = (terms: Terms): Terms => {
  const shown = { ...terms }
  for (const term of TERMS) shown[term] = rounded(terms[term])
  return shown
}
