import { cpus, totalmem } from 'node:os'
import { topicSpecsOf } from '../engine/worker.ts'
import { KafkaLog } from '../engine/log/kafka.ts'
import { nativeServices } from '../services/index.ts'
import { java } from '../services/native/java.ts'
import { KAFKA_VERSION_DEFAULT, ServiceUnavailable } from '../services/port.ts'
import { affinity } from '../topologies/affinity.ts'
import { everything } from '../topologies/index.ts'
import { INPUT_TOPICS, publishLoad, type Load } from './kafka/load.ts'
import { buildStreamsPeer, runStreamsPeer, type StreamsPeer } from './kafka/streams-peer.ts'
import { deleteTopics } from './kafka/topics.ts'
import { runWorkers } from './kafka/workers.ts'

export interface KafkaBenchOptions {
  /** Distinct (user, author) pairs, all equally likely. */
  readonly keys: number
  readonly events: number
  /** Runs of each system, in turns; medians are told. */
  readonly repetitions: number
  /** Freshet's worker processes; Kafka Streams has as many threads. */
  readonly workers: number
}

export const KAFKA_BENCH_DEFAULTS: KafkaBenchOptions = {
  keys: 1_000_000,
  events: 1_000_000,
  repetitions: 3,
  workers: 2,
}

export interface KafkaBenchResult {
  readonly machine: string
  readonly keys: number
  /** Pairs that some event is of, and so rows at the end. */
  readonly keys_touched: number
  readonly events: number
  /** Processed by everything, too, and not counted as events. */
  readonly posts: number
  readonly partitions: number
  readonly workers: number
  readonly commit_interval_ms: number
  readonly repetitions: number
  readonly affinity_events_per_s: number
  readonly everything_events_per_s: number
  /** Null where the peer cannot be built or run here: `streams_missing` says why. */
  readonly streams_events_per_s: number | null
  /** Affinity to Kafka Streams, medians. */
  readonly ratio: number | null
  readonly everything_ratio: number | null
  readonly streams_missing?: string
  readonly affinity_runs: readonly number[]
  readonly everything_runs: readonly number[]
  readonly streams_runs: readonly number[]
  /** Processor time an event, of all of Freshet's threads, and of the busiest main thread. */
  readonly affinity_processor_us: number
  readonly everything_processor_us: number
}

const PARTITIONS = 4
const COMMIT_INTERVAL_MS = 100
const PREFIX = 'bench.'
const TOPOLOGIES = { affinity, everything }

/**
 * Freshet and Kafka Streams over the same topic on the same broker, both exactly once from offset 0 to the
 * commit of the last event, in turns. Throws `ServiceUnavailable` where no broker can be had.
 */
export const run = async (given: Partial<KafkaBenchOptions> = {}): Promise<KafkaBenchResult> => {
  const options = { ...KAFKA_BENCH_DEFAULTS, ...given }
  const peer = await buildStreamsPeer().catch((error: unknown) => {
    if (error instanceof ServiceUnavailable) return error
    throw error
  })
  const kafka = await nativeServices.kafka()
  try {
    const { keys, events } = options
    const bench = new KafkaBench(kafka.brokers, options)
    const load = await publishLoad({
      brokers: kafka.brokers,
      prefix: PREFIX,
      partitions: PARTITIONS,
      keys,
      events,
    })
    for (let repetition = 0; repetition < options.repetitions; repetition++) {
      if (!(peer instanceof ServiceUnavailable)) await bench.streams(peer, load, repetition)
      await bench.freshet('affinity', load)
      await bench.freshet('everything', load)
    }
    return {
      machine: await machine(),
      keys,
      keys_touched: load.keysTouched,
      events,
      posts: load.posts,
      partitions: PARTITIONS,
      workers: options.workers,
      commit_interval_ms: COMMIT_INTERVAL_MS,
      repetitions: options.repetitions,
      ...bench.figures(),
      ...(peer instanceof ServiceUnavailable && { streams_missing: peer.message }),
    }
  } finally {
    await kafka.stop()
  }
}

class KafkaBench {
  private readonly brokers: readonly string[]
  private readonly options: KafkaBenchOptions
  private readonly rates = {
    affinity: [] as number[],
    everything: [] as number[],
    streams: [] as number[],
  }
  private readonly processorUs = { affinity: [] as number[], everything: [] as number[] }

  constructor(brokers: readonly string[], options: KafkaBenchOptions) {
    this.brokers = brokers
    this.options = options
  }

  async freshet(topology: keyof typeof TOPOLOGIES, load: Load): Promise<void> {
    const { brokers } = this
    const log = await KafkaLog.open({ brokers, prefix: PREFIX, changelogPartitions: PARTITIONS })
    await log.createTopics(topicSpecsOf(TOPOLOGIES[topology], PARTITIONS, Infinity))
    await log.close()
    const result = await runWorkers({
      brokers,
      prefix: PREFIX,
      topology,
      partitions: PARTITIONS,
      commitIntervalMs: COMMIT_INTERVAL_MS,
      workers: this.options.workers,
    })
    await deleteTopics(brokers, PREFIX, INPUT_TOPICS)
    checkDone(topology, load, result.reactions, result.userAuthorRows)
    this.rates[topology].push(perSecond(load.reactions, result.ms))
    this.processorUs[topology].push((result.processorMs / load.reactions) * 1000)
  }

  async streams(peer: StreamsPeer, load: Load, repetition: number): Promise<void> {
    const { events, keys, ms } = await runStreamsPeer(peer, {
      brokers: this.brokers,
      topic: `${PREFIX}reactions`,
      application: `streams.${repetition}`,
      threads: this.options.workers,
      commitIntervalMs: COMMIT_INTERVAL_MS,
    })
    await deleteTopics(this.brokers, `streams.${repetition}`, [])
    checkDone('streams', load, events, keys)
    this.rates.streams.push(perSecond(events, ms))
  }

  figures() {
    const { affinity, everything, streams } = this.rates
    const streamsRate = streams.length === 0 ? null : median(streams)
    const ratioTo = (rate: number): number | null => (streamsRate === null ? null : round(rate / streamsRate))
    return {
      affinity_events_per_s: Math.round(median(affinity)),
      everything_events_per_s: Math.round(median(everything)),
      streams_events_per_s: streamsRate === null ? null : Math.round(streamsRate),
      ratio: ratioTo(median(affinity)),
      everything_ratio: ratioTo(median(everything)),
      affinity_runs: affinity.map(Math.round),
      everything_runs: everything.map(Math.round),
      streams_runs: streams.map(Math.round),
      affinity_processor_us: round(median(this.processorUs.affinity)),
      everything_processor_us: round(median(this.processorUs.everything)),
    }
  }
}

/** A run that lost or doubled something has no rate. */
const checkDone = (system: string, load: Load, events: number, keys: number): void => {
  if (events === load.reactions && keys === load.keysTouched) return
  throw new Error(
    `${system} processed ${events} of ${load.reactions} events into ${keys} of ${load.keysTouched} rows`,
  )
}

const machine = async (): Promise<string> => {
  const [first] = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const { version } = await java()
  return [
    `${cpus().length} × ${first?.model.trim() ?? 'unknown processor'}`,
    memory,
    `Node ${process.versions.node}`,
    `Java ${version}`,
    `Kafka ${KAFKA_VERSION_DEFAULT}`,
  ].join(', ')
}

const perSecond = (events: number, ms: number): number => (events / ms) * 1000

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const round = (value: number): number => Math.round(value * 100) / 100
