import type { Clock } from '../../engine/clock.ts'
import type { EngineCounter, Labels, Metrics } from '../../engine/metrics.ts'
import { inputsOf, type Topology } from '../../engine/topology.ts'
import { publicContracts } from '../../schemas/index.ts'
import type { Backend } from '../runtime/backend.ts'
import { Freshness } from './freshness.ts'
import { SlidingCount } from './sliding-count.ts'
import { SlidingSamples } from './sliding-samples.ts'

/** Figures tell of the last so many seconds. */
export const WINDOW_SECONDS = 5
const WINDOW_MS = WINDOW_SECONDS * 1_000
/** Latencies kept: beyond this many feeds in a window, the last ones tell. */
const SAMPLES_MAX = 4_096

/** What `GET /v1/live` tells each second; milliseconds are null where nothing happened within the window. */
export interface LiveReport {
  readonly eventsPerS: number
  readonly freshnessMs: number | null
  readonly feedsPerS: number
  readonly feedP50Ms: number | null
  readonly feedP99Ms: number | null
}

type WatchedBackend = Pick<Backend, 'log' | 'isSettled'>

/** Each public event ends as one of these. */
const DONE: ReadonlySet<EngineCounter> = new Set(['events', 'duplicate_events', 'dead_letters'])

/** Counts what the engine and the feed's route say, over a sliding window. */
export class LiveFigures implements Metrics {
  private readonly clock: Clock
  private readonly events = new SlidingCount(WINDOW_SECONDS)
  private readonly feeds = new SlidingCount(WINDOW_SECONDS)
  private readonly latencies = new SlidingSamples(WINDOW_MS, SAMPLES_MAX)
  private readonly freshness = new Freshness(WINDOW_MS, SAMPLES_MAX)
  private backend: WatchedBackend | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Learns from the log when events are accepted. Called once, right after opening. */
  watch(backend: WatchedBackend, topology: Topology): void {
    this.backend = backend
    const topics = new Set(
      topology.nodes
        .flatMap(inputsOf)
        .map(({ name }) => name)
        .filter(isPublic),
    )
    const accepted = (): number => {
      let sum = 0
      for (const topic of topics) sum += endOf(backend, topic)
      return sum
    }
    this.freshness.begin(accepted())
    backend.log.onAppend(() => this.freshness.accept(accepted(), this.clock.monotonicMs()))
  }

  /** A feed was answered. */
  feed(tookMs: number): void {
    const now = this.clock.monotonicMs()
    this.feeds.add(1, now)
    this.latencies.add(tookMs, now)
  }

  count(name: EngineCounter, labels: Labels, by: number): void {
    if (!DONE.has(name) || !isPublic(labels['topic'] ?? '')) return
    const now = this.clock.monotonicMs()
    this.events.add(by, now)
    this.freshness.process(by, now)
  }

  gauge(): void {
    return undefined
  }

  observe(): void {
    return undefined
  }

  read(): LiveReport {
    const now = this.clock.monotonicMs()
    if (this.backend?.isSettled === true) this.freshness.settle(now)
    const [p50, p99] = this.latencies.quantiles([0.5, 0.99], now)
    return {
      eventsPerS: tenths(this.events.perSecond(now)),
      freshnessMs: tenthsOrNull(this.freshness.read(now)),
      feedsPerS: tenths(this.feeds.perSecond(now)),
      feedP50Ms: tenthsOrNull(p50 ?? null),
      feedP99Ms: tenthsOrNull(p99 ?? null),
    }
  }
}

const isPublic = (topic: string): boolean => Object.hasOwn(publicContracts, topic)

/** Events ever appended to a topic. */
const endOf = ({ log }: WatchedBackend, topic: string): number => {
  let end = 0
  for (let partition = 0; partition < log.partitions(topic); partition++)
    end += log.endOffset(topic, partition)
  return end
}

const tenths = (value: number): number => Math.round(value * 10) / 10
const tenthsOrNull = (value: number | null): number | null => (value === null ? null : tenths(value))
