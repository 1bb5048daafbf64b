import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../cli/runtime/clock.ts'
import type { Embedded } from '../cli/runtime/embedded.ts'
import type { Serving } from '../cli/serving/open.ts'
import { millis, type UserId } from '../schemas/ids.ts'
import type { FeedAnswer } from '../serving/http/feed-schemas.ts'
import type { FeedQuery } from '../serving/query.ts'
import { QUOTAS } from '../serving/quotas.ts'
import { Allocations } from './feed/allocations.ts'
import { askApart, percentiles, quantile } from './feed/asking.ts'
import type { ClientReport } from './feed/client.ts'
import { load } from './feed/load.ts'
import { measuredFeeds } from './feed/measured-feeds.ts'
import { type LocalServer, startLocalServer } from './local-server.ts'
import { LARGE, sizeOf, Society, USUAL } from './feed/society.ts'
import { streamed } from './streaming.ts'

export interface FeedBenchOptions {
  /** Posts in state; a tenth as many users. */
  readonly keys: number
  /** Reactions before feeds are asked for. */
  readonly events: number
  /** Length of the stream of events beside feeds. */
  readonly seconds: number
}

export const FEED_BENCH_DEFAULTS: FeedBenchOptions = { keys: 1_000_000, events: 1_000_000, seconds: 10 }

const LIMIT = 20
const WARM_UP_REQUESTS = 300
const REQUESTS = 1_000
const REQUESTS_SHORT = 6
/** Below this many posts the short form runs. */
const SHORT_BELOW_KEYS = 50_000
const AT_ONCE = 4
const EVENTS_PER_SECOND = 10_000
const STREAM_BATCH_MS = 20
const ALLOCATION_FEEDS = 200
const GROWTH_CANDIDATES = [500, 1_500, 2_800]

interface Latency {
  readonly candidates: number
  readonly p50_ms: number
  readonly p99_ms: number
}

export interface FeedBenchResult extends Latency {
  readonly posts: number
  readonly users: number
  readonly heavy_candidates: number
  readonly columns: number
  readonly requests_per_s_per_core: number
  readonly cpu_ms_per_request: number
  /** By stage: median time, and bytes allocated on the JavaScript heap, a request. */
  readonly stages: Readonly<Record<string, { readonly ms: number; readonly bytes: number | null }>>
  /** By how many candidates were wanted, without retrieval: of one circle of viewers, whose feeds are cut to them. */
  readonly growth: Readonly<Record<string, Latency>>
  readonly streaming: Latency & { readonly events_per_s: number }
  readonly load_ms: number
  /** Until retrieval's index held all posts and was built: before anything is measured. */
  readonly settle_ms: number
}

export const about = 'How long feeds take over HTTP, with a state of a given size.'

/** How long feeds take over HTTP, one request at a time, with a state of a given size. */
export const run = async (given: Partial<FeedBenchOptions> = {}): Promise<FeedBenchResult> => {
  const options = { ...FEED_BENCH_DEFAULTS, ...given }
  const directory = await mkdtemp(join(tmpdir(), 'freshet-bench-'))
  const server = await startLocalServer(directory)
  const { embedded } = server
  try {
    const society = new Society(sizeOf(options.keys, options.events), systemClock.now())
    const started = systemClock.monotonicMs()
    await load(embedded, society.all())
    const loadMs = systemClock.monotonicMs() - started
    // Beside a graph that is still being built, feeds would be measured on one core less.
    await server.serving.retrieval?.settle()
    const settleMs = systemClock.monotonicMs() - started - loadMs
    const requests = options.keys < SHORT_BELOW_KEYS ? REQUESTS_SHORT : REQUESTS
    return {
      ...(await new FeedBench(server, society, requests).measure(options.seconds)),
      posts: society.size.posts,
      users: society.size.users,
      load_ms: Math.round(loadMs),
      settle_ms: Math.round(settleMs),
    }
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Whose feeds are asked for, and where. */
interface Asked {
  readonly viewers: readonly string[]
  readonly urls: readonly string[]
}

const askedAt = (url: string, viewers: readonly string[]): Asked => ({
  viewers,
  urls: viewers.map((viewer) => `${url}/v1/feed?userId=${viewer}&limit=${LIMIT}&device=phone`),
})

class FeedBench {
  private readonly server: LocalServer
  private readonly embedded: Embedded
  private readonly serving: Serving
  private readonly society: Society
  private readonly requests: number

  constructor(server: LocalServer, society: Society, requests: number) {
    this.server = server
    this.society = society
    this.embedded = server.embedded
    this.serving = server.serving
    this.requests = requests
  }

  async measure(
    seconds: number,
  ): Promise<Omit<FeedBenchResult, 'posts' | 'users' | 'load_ms' | 'settle_ms'>> {
    const usual = askedAt(this.server.url, this.society.viewersOf(USUAL))
    await this.ask(usual, 1, Math.min(WARM_UP_REQUESTS, this.requests))
    const latency = await this.latency(usual)
    const times = await this.stageTimes(usual)
    const bytes = await this.allocations(usual)
    const { perSecond, cpuMs } = await this.throughput(usual)
    const { meta } = await this.answer(usual, 0)
    return {
      ...latency,
      heavy_candidates: meta.candidates.pass1,
      columns: this.serving.scorers.manifests.heavy.columns.length,
      requests_per_s_per_core: Math.round(perSecond),
      cpu_ms_per_request: Number(cpuMs.toFixed(2)),
      stages: Object.fromEntries(
        [...new Set([...Object.keys(times), ...Object.keys(bytes)])].map((stage) => [
          stage,
          { ms: times[stage] ?? 0, bytes: bytes[stage] ?? null },
        ]),
      ),
      growth: await this.growth(),
      streaming: await this.whileStreaming(usual, seconds),
    }
  }

  private async growth(): Promise<Record<string, Latency>> {
    const growth: Record<string, Latency> = {}
    for (const candidates of GROWTH_CANDIDATES) {
      const limits = { quotas: QUOTAS, candidatesMin: candidates, candidatesMax: candidates }
      const beside = await this.server.serveBeside({ limits, retrieves: false })
      const asked = askedAt(beside.url, this.society.viewersOf(LARGE))
      await this.ask(asked, 1, Math.min(WARM_UP_REQUESTS, this.requests))
      growth[String(candidates)] = await this.latency(asked)
      await beside.stop()
    }
    return growth
  }

  private async latency(asked: Asked): Promise<Latency> {
    const { meta } = await this.answer(asked, 0)
    const { tookMs } = await this.ask(asked, 1, this.requests)
    return { candidates: meta.candidates.eligible, ...percentiles(tookMs) }
  }

  /** Requests a second of processor time, with several under way: one core's worth. */
  private async throughput(asked: Asked): Promise<{ readonly perSecond: number; readonly cpuMs: number }> {
    const before = process.cpuUsage()
    const { requests } = await this.ask(asked, AT_ONCE, this.requests)
    const { user, system } = process.cpuUsage(before)
    const cpuMs = (user + system) / 1_000 / requests
    return { perSecond: 1_000 / cpuMs, cpuMs }
  }

  private async whileStreaming(asked: Asked, seconds: number): Promise<FeedBenchResult['streaming']> {
    const started = systemClock.monotonicMs()
    let isOn = true
    const stream = streamed({
      embedded: this.embedded,
      perSecond: EVENTS_PER_SECOND,
      everyMs: STREAM_BATCH_MS,
      next: (at) => this.society.reaction(at),
      isOn: () => isOn,
    })
    const tookMs: number[] = []
    const candidates = (await this.answer(asked, 0)).meta.candidates.eligible
    do tookMs.push(...(await this.ask(asked, 1, Math.ceil(this.requests / 10))).tookMs)
    while (systemClock.monotonicMs() - started < seconds * 1_000)
    isOn = false
    const perSecond = await stream
    await this.embedded.settled()
    return { candidates, ...percentiles(tookMs), events_per_s: Math.round(perSecond) }
  }

  private async stageTimes(asked: Asked): Promise<Readonly<Record<string, number>>> {
    const times = new Map<string, number[]>()
    for (let index = 0; index < this.requests; index++) {
      const { meta } = await this.answer(asked, index)
      for (const { stage, ms } of meta.stages) times.set(stage, [...(times.get(stage) ?? []), ms])
    }
    return Object.fromEntries(
      [...times].map(([stage, each]) => [stage, Number(quantile(each, 0.5).toFixed(3))]),
    )
  }

  /** Without HTTP, one stage after the other; then whole pages, of which `page` is the sum and what is beside stages. */
  private async allocations({ viewers }: Asked): Promise<Readonly<Record<string, number>>> {
    const allocations = new Allocations()
    const measured = measuredFeeds(this.server, allocations)
    for (let index = 0; index < Math.min(ALLOCATION_FEEDS, this.requests); index++) {
      const viewer = viewers[index % viewers.length]!
      const { meta } = await measured.page(queryOf(viewer), null)
      allocations.timed(meta.stages)
      await allocations.alone('page', () => this.serving.feeds.page(queryOf(viewer), null))
    }
    return allocations.medians()
  }

  private async answer({ urls }: Asked, index: number): Promise<FeedAnswer> {
    const response = await fetch(urls[index % urls.length]!)
    if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`)
    return (await response.json()) as FeedAnswer
  }

  private async ask({ urls }: Asked, atOnce: number, requests: number): Promise<ClientReport> {
    const report = await askApart({ urls, atOnce, requests })
    const others = Object.keys(report.statuses).filter((status) => status !== '200')
    if (others.length > 0) throw new Error(`${urls[0]} answered ${others.join(', ')}`)
    return report
  }
}

const queryOf = (viewer: string): FeedQuery => ({
  userId: viewer as UserId,
  limit: LIMIT,
  asOf: millis(systemClock.now()),
  device: 'phone',
  surface: null,
  // Effects are stages too.
  preview: false,
})
