import { Embedded, EMBEDDED_DEFAULTS } from '../cli/runtime/embedded.ts'
import { systemClock } from '../cli/runtime/clock.ts'
import { NO_METRICS } from '../engine/metrics.ts'
import type { Topology } from '../engine/topology.ts'
import { HOUR_MS } from '../schemas/ids.ts'
import { appendAll, reactionEvents, ReactionLoad } from './engine-load.ts'
import { visibleLatency, type Latency } from './engine-visible.ts'

const COMMIT_INTERVAL_MS = 100
const ROWS_SAMPLED = 10_000

export interface PassOptions {
  /** Distinct (user, author) pairs, all of them in the state before anything is measured. */
  readonly keys: number
  /** Events of each measured pass. */
  readonly events: number
  /** Seconds of the latency pass. */
  readonly seconds: number
}

/** What one topology was measured to do. */
export interface Pass {
  readonly eventsPerSecond: number
  readonly latency: Latency
  readonly bytesPerKey: number
  readonly restartMs: number
  readonly cleanRestartMs: number
}

/** Fills a fresh directory, then measures one topology over it. */
export const pass = async (directory: string, topology: Topology, options: PassOptions): Promise<Pass> => {
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
