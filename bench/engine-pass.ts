import { Embedded, EMBEDDED_DEFAULTS } from '../cli/runtime/embedded.ts'
import { systemClock } from '../cli/runtime/clock.ts'
import { SERVING_BATCH_EVENTS_MAX } from '../cli/runtime/open.ts'
import { openServing } from '../cli/serving/open.ts'
import { NO_METRICS } from '../engine/metrics.ts'
import type { Topology } from '../engine/topology.ts'
import type { Envelope } from '../schemas/envelope.ts'
import { HOUR_MS } from '../schemas/ids.ts'
import { NO_STAGE_METRICS } from '../serving/pipeline/metrics.ts'
import { affinity } from '../topologies/affinity.ts'
import { everything } from '../topologies/index.ts'
import { bytesIn } from './disk-bytes.ts'
import { type EngineLoad, Life, ReactionsAlone } from './engine-life.ts'
import { ReactionLoad } from './engine-load.ts'
import { type Visible, visible } from './engine-visible.ts'
import { publishAll } from './publish-all.ts'

const COMMIT_INTERVAL_MS = 100
const ROWS_SAMPLED = 10_000

/**
 * What can be measured: reactions through affinity alone or through all topologies, and all that an app publishes through
 * all of them.
 */
const SUBJECTS = {
  affinity: { topology: affinity, loadOf: (reactions) => new ReactionsAlone(reactions) },
  everything: { topology: everything, loadOf: (reactions) => new ReactionsAlone(reactions) },
  life: { topology: everything, loadOf: (reactions) => new Life(reactions) },
} satisfies Record<string, Subject>

export type SubjectName = keyof typeof SUBJECTS

interface Subject {
  readonly topology: Topology
  readonly loadOf: (reactions: ReactionLoad) => EngineLoad
}

/** The load ends before now: what comes then is dated as it comes. */
const BEGAN_MS = 3 * HOUR_MS

export interface PassOptions {
  /** Distinct (user, author) pairs, all of them in the state before anything is measured. */
  readonly keys: number
  /** Events of each measured pass. */
  readonly events: number
  /** Seconds of the latency pass. */
  readonly seconds: number
  /** Hears how far it is. */
  readonly told: (line: string) => void
}

/** What a subject was measured to do. */
export interface Pass {
  readonly eventsPerSecond: number
  readonly visible: Visible
  readonly bytesPerKey: number
  /** Of the whole data directory after a clean stop, log and changelog included. */
  readonly diskBytesPerKey: number
  readonly restartMs: number
  readonly cleanRestartMs: number
}

/** Fills a fresh directory, then measures one subject over it. */
export const pass = async (directory: string, name: SubjectName, options: PassOptions): Promise<Pass> => {
  const { keys, events, seconds } = options
  const { topology, loadOf }: Subject = SUBJECTS[name]
  const told = (line: string): void => options.told(`${name}: ${line}`)
  const load = loadOf(new ReactionLoad(keys))
  const startedAt = systemClock.now() - BEGAN_MS
  let embedded = await open(directory, topology)
  await publishAll(embedded.log, load.society(startedAt))
  told(`filling ${keys} keys`)
  await measured(embedded, load.fill(startedAt))
  told(`measuring ${events} events`)
  const eventsPerSecond = await measured(embedded, load.events(events, load.filledAt(startedAt)))
  const bytesPerKey = await meanRowBytes(embedded)
  told(`${Math.round(eventsPerSecond)} events/s; publishing for ${seconds} s`)
  const seen = await visibleOf(directory, embedded, topology, load, seconds)
  told('restarting')
  await embedded.abandon()
  const [restarted, restartMs] = await timed(() => open(directory, topology))
  await restarted.close()
  const diskBytesPerKey = (await bytesIn(directory)) / keys
  const [again, cleanRestartMs] = await timed(() => open(directory, topology))
  embedded = again
  await embedded.close()
  return { eventsPerSecond, visible: seen, bytesPerKey, diskBytesPerKey, restartMs, cleanRestartMs }
}

/** With batches as `freshet up` takes them, which serves feeds beside. */
const open = (directory: string, topology: Topology): Promise<Embedded> =>
  Embedded.open({
    ...EMBEDDED_DEFAULTS,
    directory,
    topology,
    clock: systemClock,
    metrics: NO_METRICS,
    acceptedBacklogMax: Infinity,
    worker: { commitIntervalMs: COMMIT_INTERVAL_MS, batchEventsMax: SERVING_BATCH_EVENTS_MAX },
  })

/** Events a second of processing alone: they are all in the log before it begins. */
const measured = async (embedded: Embedded, events: Iterable<Envelope>): Promise<number> => {
  embedded.pause()
  const count = await publishAll(embedded.log, events)
  const started = performance.now()
  embedded.resume()
  await embedded.settled()
  return (count / (performance.now() - started)) * 1000
}

/** Feeds are made where there is everything that they are made of; of no posts by strangers, whose index is filled by the clock. */
const visibleOf = async (
  directory: string,
  embedded: Embedded,
  topology: Topology,
  load: EngineLoad,
  seconds: number,
): Promise<Visible> => {
  if (topology !== everything) return visible(embedded, load, seconds, null)
  const serving = await openServing({
    backend: embedded,
    data: directory,
    clock: systemClock,
    metrics: NO_STAGE_METRICS,
    retrieves: false,
  })
  try {
    return await visible(embedded, load, seconds, serving)
  } finally {
    await serving.close()
  }
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
