import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FeedReader } from '../cli/feed/feed.ts'
import { systemClock } from '../cli/runtime/clock.ts'
import { openData } from '../cli/runtime/open.ts'
import { Random } from '../engine/driver/random.ts'
import { openEnvelope } from '../schemas/envelope.ts'
import { HOUR_MS, millis, MINUTE_MS, type UserId } from '../schemas/ids.ts'

export interface FeedBenchOptions {
  /** Authors, half of them friends of the viewer and half followed; each has `POSTS_PER_AUTHOR` posts. */
  readonly keys: number
  /** Reactions by everyone before the feeds are read. */
  readonly events: number
  readonly seconds: number
}

export const FEED_BENCH_DEFAULTS: FeedBenchOptions = { keys: 100, events: 50_000, seconds: 5 }

export interface FeedBenchResult {
  readonly candidates: number
  readonly feeds_per_s: number
  readonly p50_ms: number
  readonly p99_ms: number
}

const POSTS_PER_AUTHOR = 15
const VIEWER = 'viewer' as UserId
const LIMIT = 20
const WARM_UP_FEEDS = 50

/** How long a feed takes over as many candidates as there may be, in one process, one feed at a time. */
export const run = async (given: Partial<FeedBenchOptions> = {}): Promise<FeedBenchResult> => {
  const options = { ...FEED_BENCH_DEFAULTS, ...given }
  const directory = await mkdtemp(join(tmpdir(), 'freshet-bench-'))
  const { embedded } = await openData({ data: directory })
  try {
    await embedded.publish(Array.from(community(options, systemClock.now()), (event) => openEnvelope(event)))
    await embedded.settled()
    return await measure(new FeedReader(embedded.worker, 1, systemClock), options.seconds)
  } finally {
    await embedded.close()
    await rm(directory, { recursive: true, force: true })
  }
}

function* community({ keys, events }: FeedBenchOptions, now: number): Generator<object> {
  const random = new Random(1)
  let id = 0
  const eventOf = (topic: string, value: object): object => ({
    topic,
    value: { eventId: `event-${id++}`, ...value },
  })
  for (let author = 0; author < keys; author++) {
    const kind = author % 2 === 0 ? 'friend' : 'follow'
    const tie = {
      userId: VIEWER,
      targetId: `author-${author}`,
      kind,
      action: 'added',
      at: now - 99 * HOUR_MS,
    }
    yield eventOf('connections', tie)
    for (let post = 0; post < POSTS_PER_AUTHOR; post++) {
      yield eventOf('posts', {
        postId: `post-${author}-${post}`,
        authorId: `author-${author}`,
        action: 'published',
        kind: 'text',
        audience: 'public',
        text: 'A post of the usual length, with nothing in it that matters to anyone but its author.',
        at: now - random.below(72 * HOUR_MS),
      })
    }
  }
  for (let reaction = 0; reaction < events; reaction++) {
    const author = random.below(keys)
    yield eventOf('reactions', {
      userId: random.below(20) === 0 ? VIEWER : `user-${random.below(1_000)}`,
      postId: `post-${author}-${random.below(POSTS_PER_AUTHOR)}`,
      authorId: `author-${author}`,
      kind: random.below(4) === 0 ? 'like' : 'view',
      at: now - MINUTE_MS - random.below(48 * HOUR_MS),
    })
  }
}

const measure = async (feed: FeedReader, seconds: number): Promise<FeedBenchResult> => {
  const read = () => feed.read({ userId: VIEWER, limit: LIMIT, asOf: millis(systemClock.now()) })
  for (let warm = 0; warm < WARM_UP_FEEDS; warm++) await read()
  const took: number[] = []
  const { meta } = await read()
  const started = systemClock.monotonicMs()
  while (systemClock.monotonicMs() - started < seconds * 1_000) {
    const begun = systemClock.monotonicMs()
    await read()
    took.push(systemClock.monotonicMs() - begun)
  }
  took.sort((one, other) => one - other)
  const at = (share: number): number => Number(took[Math.floor(share * (took.length - 1))]!.toFixed(2))
  return {
    candidates: meta.candidates,
    feeds_per_s: Math.round(took.length / seconds),
    p50_ms: at(0.5),
    p99_ms: at(0.99),
  }
}
