import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../cli/runtime/clock.ts'
import type { Embedded } from '../cli/runtime/embedded.ts'
import type { Serving } from '../cli/serving/open.ts'
import { keyOf } from '../engine/key.ts'
import { EmbeddedFeatureStore } from '../features/store/embedded.ts'
import { userAuthor } from '../processors/views/user-author.ts'
import { type Reaction, reactions } from '../schemas/reactions/index.ts'
import type { RequestId, UserId } from '../schemas/ids.ts'
import { explainTraced } from '../serving/explain/traced.ts'
import type { EngineLoad } from './engine-life.ts'
import { envelopeOf } from './engine-load.ts'
import { rounded } from './rounded.ts'
import { streamed } from './streaming.ts'

export interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
}

/** How soon what is accepted counts, while events come. */
export interface Visible {
  /** What was published a second: 10,000, but for what was due when the time was over. */
  readonly offeredPerSecond: number
  /** Until the row that feeds read has it. */
  readonly inFeature: Latency
  /** Until a feed that is asked for has it, the feed's own time included; null of a topology that makes no feeds. */
  readonly inFeed: Latency | null
}

/** The same as benchmarks tell it. */
export interface VisibleFigures {
  /** Published a second while latency was measured. */
  readonly offered_events_per_s: number
  /** From accepted to a feed that is scored by it, the feed's own time included; null where no feeds are made. */
  readonly visible_p50_ms: number | null
  readonly visible_p99_ms: number | null
  /** From accepted to the row that feeds read. */
  readonly feature_visible_p50_ms: number
  readonly feature_visible_p99_ms: number
}

export const figuresOf = ({ offeredPerSecond, inFeed, inFeature }: Visible): VisibleFigures => ({
  offered_events_per_s: Math.round(offeredPerSecond),
  visible_p50_ms: inFeed && rounded(inFeed.p50Ms, 1),
  visible_p99_ms: inFeed && rounded(inFeed.p99Ms, 1),
  feature_visible_p50_ms: rounded(inFeature.p50Ms, 1),
  feature_visible_p99_ms: rounded(inFeature.p99Ms, 1),
})

const EVENTS_PER_SECOND = 10_000
const SLICE_MS = 10
/** Between two looks at a row, and at a feed that should have shown it; */
const POLL_MS = 1
/** and between two probes, each with a feed that takes the thread for some tens of milliseconds. */
const PROBE_MS = 50
const VISIBLE_MS_MAX = 60_000
const FEED_LIMIT = 100
/** The first take many times as long, for their code is compiled on the way. */
const WARM_UP_FEEDS = 100

/** Whether a viewer's like of an author's post counts, by wherever it is looked at. */
type Counts = (viewer: UserId, author: UserId) => Promise<boolean>

/**
 * Publishes 10,000 events a second and, many times a second, one whose effect is awaited: from the moment it
 * is accepted (durable in the log) until it counts in the row, and from there until a feed is answered that has it.
 */
export const visible = async (
  embedded: Embedded,
  load: EngineLoad,
  seconds: number,
  serving: Serving | null,
): Promise<Visible> => {
  const feedCounts = serving && inFeedOf(serving)
  // Of what was accepted before the first feed, the first feed waits for the echoes: none may be under way.
  await embedded.settled()
  if (feedCounts !== null)
    for (let feed = 0; feed < WARM_UP_FEEDS; feed++)
      await feedCounts(`nobody-${feed}` as UserId, 'author-0' as UserId)
  const until = performance.now() + seconds * 1000
  const inFeature: number[] = []
  const inFeed: number[] = []
  const probes = async (): Promise<void> => {
    const rowCounts = inFeatureOf(embedded)
    for (let index = 0; performance.now() < until; index++) {
      const like = likeOf(`viewer-${index}`)
      await embedded.publish([envelopeOf(like)])
      const accepted = performance.now()
      inFeature.push(await msUntil(rowCounts, like, accepted))
      if (feedCounts !== null) inFeed.push(await msUntil(feedCounts, like, accepted))
      await sleep(PROBE_MS)
    }
  }
  const [offeredPerSecond] = await Promise.all([
    streamed({
      embedded,
      perSecond: EVENTS_PER_SECOND,
      everyMs: SLICE_MS,
      next: (at) => load.any(at),
      isOn: () => performance.now() < until,
    }),
    probes(),
  ])
  await embedded.settled()
  return {
    offeredPerSecond,
    inFeature: latencyOf(inFeature),
    inFeed: serving === null ? null : latencyOf(inFeed),
  }
}

/** Viewers whom nobody knew like a post by the author with the most readers, whose other nine posts are found by it. */
const likeOf = (viewer: string): Reaction =>
  reactions.fromJson({
    eventId: `like-of-${viewer}`,
    userId: viewer,
    postId: 'post-0-0',
    authorId: 'author-0',
    kind: 'like',
    at: systemClock.now(),
  })

const msUntil = async (counts: Counts, like: Reaction, accepted: number): Promise<number> => {
  while (!(await counts(like.userId!, like.authorId))) {
    if (performance.now() > accepted + VISIBLE_MS_MAX)
      throw new Error(`the like of ${like.userId} never counts`)
    await sleep(POLL_MS)
  }
  return performance.now() - accepted
}

const inFeatureOf = (embedded: Embedded): Counts => {
  const features = new EmbeddedFeatureStore(embedded.worker)
  return async (viewer, author) =>
    (await features.readMany(userAuthor, [keyOf(viewer, author)])).ends[0] !== 0
}

/** By the pipeline that answers `GET /v1/feed`: some post by the author is scored by what the viewer did. */
const inFeedOf =
  (serving: Serving): Counts =>
  async (viewer, author) => {
    const { items, meta } = await serving.feeds.page(
      {
        userId: viewer,
        limit: FEED_LIMIT,
        asOf: systemClock.now(),
        device: null,
        surface: null,
        preview: true,
      },
      null,
    )
    const item = items.find(({ authorId }) => authorId === author)
    if (item === undefined) return false
    // A feed is remembered once its answer is on its way.
    await nextTurn()
    const { features } = await explainTraced(serving, meta.requestId as RequestId, item.postId)
    return (features?.['user_author.engagements.total'] ?? 0) > 0
  }

const latencyOf = (latencies: readonly number[]): Latency => {
  const sorted = latencies.toSorted((one, other) => one - other)
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) }
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
