import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Embedded, EMBEDDED_DEFAULTS } from '../cli/runtime/embedded.ts'
import { systemClock } from '../cli/runtime/clock.ts'
import { NO_METRICS } from '../engine/metrics.ts'
import type { Topology } from '../engine/topology.ts'
import { HOUR_MS } from '../schemas/ids.ts'
import { affinity } from '../topologies/affinity.ts'
import { everything } from '../topologies/index.ts'
import { awaitedLoop } from './engine-baseline.ts'
import { appendAll, reactionEvents, ReactionLoad } from './engine-load.ts'
import { visibleLatency, type Latency } from './engine-visible.ts'

export interface EngineBenchOptions {
  /** Distinct (user, author) pairs, all of them in the state before anything is measured. */
  readonly keys: number
  /** Events of each measured pass. */
  readonly events: number
  /** Seconds of the latency pass. */
  readonly seconds: number
}

export const ENGINE_BENCH_DEFAULTS: EngineBenchOptions = { keys: 1_000_000, events: 1_000_000, seconds: 10 }

export interface EngineBenchResult {
  readonly keys: number
  readonly affinity_events_per_s: number
  readonly everything_events_per_s: number
  readonly baseline_events_per_s: number
  /** How many times faster than the awaited loop. */
  readonly affinity_ratio: number
  readonly everything_ratio: number
  readonly visible_p50_ms: number
  readonly visible_p99_ms: number
  readonly peak_rss_mb: number
  /** Key and row of a (user, author) pair, as they lie in the state. */
  readonly bytes_per_key: number
  /** Start after a crash, with as much changelog to read as there may be. */
  readonly restart_ms: number
  /** Start after a clean stop. */
  readonly clean_restart_ms: number
}

const COMMIT_INTERVAL_MS = 100
const KIBIBYTES_PER_MEBIBYTE = 1024
const ROWS_SAMPLED = 10_000
/** The awaited loop is slow: a share of the events says as much. */
const BASELINE_SHARE = 0.1

/** Runs every pass in one process and one data directory a topology, so that ratios are fair. */
export const run = async (given: Partial<EngineBenchOptions> = {}): Promise<EngineBenchResult> => {
  const options = { ...ENGINE_BENCH_DEFAULTS, ...given }
  const directory = await mkdtemp(join(tmpdir(), 'freshet-bench-'))
  try {
    const alone = await pass(join(directory, 'affinity'), affinity, options)
    const baseline = await awaitedLoop(join(directory, 'baseline'), {
      keys: options.keys,
      events: Math.ceil(options.events * BASELINE_SHARE),
    })
    const all = await pass(join(directory, 'everything'), everything, options)
    return {
      keys: options.keys,
      affinity_events_per_s: Math.round(alone.eventsPerSecond),
      everything_events_per_s: Math.round(all.eventsPerSecond),
      baseline_events_per_s: Math.round(baseline),
      affinity_ratio: round(alone.eventsPerSecond / baseline),
      everything_ratio: round(all.eventsPerSecond / baseline),
      visible_p50_ms: round(all.latency.p50Ms),
      visible_p99_ms: round(all.latency.p99Ms),
      peak_rss_mb: Math.round(process.resourceUsage().maxRSS / KIBIBYTES_PER_MEBIBYTE),
      bytes_per_key: round(alone.bytesPerKey),
      restart_ms: Math.round(alone.restartMs),
      clean_restart_ms: Math.round(alone.cleanRestartMs),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

interface Pass {
  readonly eventsPerSecond: number
  readonly latency: Latency
  readonly bytesPerKey: number
  readonly restartMs: number
  readonly cleanRestartMs: number
}

const pass = async (directory: string, topology: Topology, options: EngineBenchOptions): Promise<Pass> => {
  const load = new ReactionLoad(options.keys)
  const startedAt = systemClock.now() - HOUR_MS
  let embedded = await open(directory, topology)
  await appendAll(embedded.log, load.posts(startedAt))
  await measured(embedded, options.keys, (index) =>
    load.reaction(index, startedAt + Math.floor(index / 1000)),
  )
  const eventsPerSecond = await measured(embedded, options.events, (index) =>
    load.anyReaction(startedAt + Math.floor(options.keys / 1000) + Math.floor(index / 1000)),
  )
  const bytesPerKey = await meanRowBytes(embedded)
  const latency = await visibleLatency(embedded, load, options.seconds)
  await embedded.abandon()
  const [restarted, restartMs] = await timed(() => open(directory, topology))
  await restarted.close()
  const [again, cleanRestartMs] = await timed(() => open(directory, topology))
  embedded = again
  await embedded.close()
  return { eventsPerSecond, latency, bytesPerKey, restartMs, cleanRestartMs }
}

const open = (directory: string, topology: Topology): Promise<Embedded> =>
  Embedded.open({
    ...EMBEDDED_DEFAULTS,
    directory,
    topology,
    clock: systemClock,
    metrics: NO_METRICS,
    acceptedBacklogMax: Infinity,
    worker: { commitIntervalMs: COMMIT_INTERVAL_MS },
  })

/** Events a second of processing alone: they are all in the log before it begins. */
const measured = async (
  embedded: Embedded,
  count: number,
  next: (index: number) => ReturnType<ReactionLoad['anyReaction']>,
): Promise<number> => {
  embedded.pause()
  await appendAll(embedded.log, reactionEvents(count, next))
  const started = performance.now()
  embedded.resume()
  await embedded.settled()
  return (count / (performance.now() - started)) * 1000
}

const meanRowBytes = async (embedded: Embedded): Promise<number> => {
  const [store] = (await embedded.worker.stores('user-author')) ?? []
  const rows = (await store?.scan({ limit: ROWS_SAMPLED })) ?? []
  return rows.reduce((sum, { key, value }) => sum + key.length + value.length, 0) / Math.max(1, rows.length)
}

const timed = async <T>(run: () => Promise<T>): Promise<[T, number]> => {
  const started = performance.now()
  const result = await run()
  return [result, performance.now() - started]
}

const round = (value: number): number => Math.round(value * 10) / 10
