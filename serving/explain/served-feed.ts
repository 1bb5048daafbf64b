import type { PostId, RequestId } from '../../schemas/ids.ts'
import { bitOf, type Candidate, type Removal, REMOVALS, type Source } from '../candidate.ts'
import type { FeedAccount } from '../feed-account.ts'
import type { RankedFeed } from '../feed-pipeline.ts'
import type { SourceCount } from '../inventory.ts'
import type { Degraded } from '../pipeline/run.ts'
import type { FeedQuery } from '../query.ts'
import { keptByRank } from '../sampling/explored.ts'
import type { RankedItem, RankedItems } from '../sessions/ranked-items.ts'
import { Fingerprints } from './fingerprints.ts'

/** How far a candidate came; what a filter removed has the filter's place in `REMOVALS`, above these. */
export const RANKED = 0
export const DROPPED_BY_PASS_0 = 1
export const DROPPED_BY_PASS_1 = 2
const REMOVED = 3

/** What is remembered of one candidate. */
export interface CandidateRecord {
  readonly outcome: typeof RANKED | typeof DROPPED_BY_PASS_0 | typeof DROPPED_BY_PASS_1 | Removal
  readonly sources: number
  /** Score and place, from 0, in each pass; −1 for a pass that did not rank it. */
  readonly passes: readonly [PassRecord, PassRecord, PassRecord]
}

export interface PassRecord {
  readonly score: number
  readonly rank: number
}

/** Where a pass cut its order. */
export interface Cut {
  /** The lowest score that was kept for its rank: what is kept to be explored may score far less. */
  readonly score: number
  /** How many were kept, and how many of them for their rank. */
  readonly kept: number
  readonly byRank: number
}

/** A candidate, as far as it is remembered. */
interface Placed extends Pick<
  Candidate,
  'sources' | 'lightScore' | 'lightRank' | 'expectedValue' | 'heavyRank' | 'value' | 'rank'
> {
  readonly post: { readonly postId: PostId }
}

/** A ranked feed, as far as it is remembered. */
interface Served extends Pick<RankedFeed, 'query' | 'sourceCounts' | 'degraded'> {
  readonly found: readonly Placed[]
  readonly removed: readonly { readonly candidate: Placed; readonly removal: Removal }[]
  readonly survivors: readonly Placed[]
  readonly order: readonly Placed[]
}

/** What a session still knows of the feed that it is of. */
export interface ServedSession {
  /** The request that began it. */
  readonly requestId: RequestId
  readonly query: FeedQuery
  readonly items: RankedItems
  readonly account: Pick<FeedAccount, 'degraded'>
}

/** Bytes of a record beside its arrays: the query, counts of sources, and what was degraded. */
const OVERHEAD_BYTES = 1_024

/**
 * What one request made of every candidate, in 29 bytes each: typed arrays by place in `found`, and a
 * fingerprint in place of the id.
 */
export class ServedFeed {
  readonly query: FeedQuery
  readonly sourceCounts: ReadonlyMap<Source, SourceCount>
  readonly degraded: readonly Degraded[]
  /** Of pass 0 and pass 1. */
  readonly cuts: readonly [Cut, Cut]
  readonly found: number
  /** False where what the ranking left out is remembered no more. */
  readonly isWhole: boolean
  private readonly posts: Fingerprints
  private readonly outcomes: Uint8Array
  private readonly sources: Uint16Array
  /** Light score, expected value and value of candidate i at 3 i. */
  private readonly scores: Float32Array
  /** The ranks that belong to them; −1 without. */
  private readonly ranks: Int16Array

  constructor(feed: Served, isWhole = true) {
    const { found, survivors, order } = feed
    this.query = feed.query
    this.sourceCounts = feed.sourceCounts
    this.degraded = [...feed.degraded]
    this.found = found.length
    this.isWhole = isWhole
    this.posts = new Fingerprints(found.map(({ post }) => post.postId))
    this.outcomes = outcomesOf(feed)
    this.sources = new Uint16Array(found.length)
    this.scores = new Float32Array(3 * found.length)
    this.ranks = new Int16Array(3 * found.length)
    for (let index = 0; index < found.length; index++) this.note(index, found[index]!)
    const first = keptByRank(found.length - feed.removed.length, feed.query)
    this.cuts = [
      cutOf(survivors, ({ lightScore, lightRank }) => (lightRank < first ? lightScore : null)),
      cutOf(order, ({ expectedValue }) => expectedValue),
    ]
  }

  /** Of a feed that was forgotten while its pages are still asked for: what was ranked, each by its strongest source. */
  static ofSession({ query, items, account: { degraded } }: ServedSession): ServedFeed {
    const order = items.slice(0, items.length).map((item) => placedOf(item))
    const [found, survivors] = [order, order]
    return new ServedFeed(
      { query, sourceCounts: new Map(), degraded, found, removed: [], survivors, order },
      false,
    )
  }

  get bytes(): number {
    const { posts, outcomes, sources, scores, ranks } = this
    const arrays = outcomes.byteLength + sources.byteLength + scores.byteLength + ranks.byteLength
    return OVERHEAD_BYTES + posts.bytes + arrays
  }

  /** Undefined for a post that no source found. */
  recordOf(postId: PostId): CandidateRecord | undefined {
    const index = this.posts.indexOf(postId)
    if (index === -1) return undefined
    const outcome = this.outcomes[index]!
    const pass = (number: 0 | 1 | 2): PassRecord => ({
      score: this.scores[3 * index + number]!,
      rank: this.ranks[3 * index + number]!,
    })
    return {
      outcome: outcome < REMOVED ? (outcome as 0 | 1 | 2) : REMOVALS[outcome - REMOVED]!,
      sources: this.sources[index]!,
      passes: [pass(0), pass(1), pass(2)],
    }
  }

  private note(index: number, candidate: Placed): void {
    const { scores, ranks } = this
    const at = 3 * index
    this.sources[index] = candidate.sources
    scores[at] = candidate.lightScore
    scores[at + 1] = candidate.expectedValue
    scores[at + 2] = candidate.value
    ranks[at] = candidate.lightRank
    ranks[at + 1] = candidate.heavyRank
    ranks[at + 2] = candidate.rank
  }
}

const placedOf = (item: RankedItem): Placed => ({ ...item, sources: bitOf(item.source), rank: item.index })

/** Filters keep the order of what was found, so what they removed is met again in one walk. */
const outcomesOf = ({ found, removed, survivors, order }: Served): Uint8Array => {
  const ranked = new Set(order)
  const kept = survivors.length === order.length ? ranked : new Set(survivors)
  const outcomes = new Uint8Array(found.length)
  let next = 0
  for (let index = 0; index < found.length; index++) {
    const candidate = found[index]!
    if (candidate === removed[next]?.candidate) {
      outcomes[index] = REMOVED + REMOVALS.indexOf(removed[next++]!.removal)
    } else if (ranked.has(candidate)) outcomes[index] = RANKED
    else outcomes[index] = kept.has(candidate) ? DROPPED_BY_PASS_1 : DROPPED_BY_PASS_0
  }
  return outcomes
}

/** `scoreOf` answers null for what was kept whatever its rank. */
const cutOf = (kept: readonly Placed[], scoreOf: (candidate: Placed) => number | null): Cut => {
  let lowest = Infinity
  let byRank = 0
  for (const candidate of kept) {
    const score = scoreOf(candidate)
    if (score === null) continue
    lowest = Math.min(lowest, score)
    byRank++
  }
  return { score: lowest, kept: kept.length, byRank }
}
