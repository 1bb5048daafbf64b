import { cpus, totalmem } from 'node:os'
import { topicSpecsOf } from '../engine/worker.ts'
import { KafkaLog } from '../engine/log/kafka.ts'
import { nativeServices } from '../services/index.ts'
import { java } from '../services/native/java.ts'
import { KAFKA_VERSION_DEFAULT, ServiceUnavailable } from '../services/port.ts'
import { Runs } from './kafka/figures.ts'
import { INPUT_TOPICS, publishLoad, type Load } from './kafka/load.ts'
import { buildStreamsPeer, runStreamsPeer, type StreamsPeer } from './kafka/streams-peer.ts'
import { deleteTopics } from './kafka/topics.ts'
import { TOPOLOGIES, type Measured } from './kafka/topologies.ts'
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

export interface KafkaBenchResult extends KafkaBenchOptions {
  readonly machine: string
  /** Pairs that some event is of, and so rows at the end. */
  readonly keys_touched: number
  /** Processed by everything, too, and not counted as events. */
  readonly posts: number
  readonly partitions: number
  readonly commit_interval_ms: number
  /** The view that the peer has, alone. */
  readonly user_author_events_per_s: number
  readonly affinity_events_per_s: number
  readonly everything_events_per_s: number
  /** Null where the peer cannot be built or run here: `streams_missing` says why. */
  readonly streams_events_per_s: number | null
  readonly user_author_ratio: number | null
  /** Affinity to Kafka Streams, medians. */
  readonly ratio: number | null
  readonly everything_ratio: number | null
  readonly streams_missing?: string
  readonly user_author_runs: readonly number[]
  readonly affinity_runs: readonly number[]
  readonly everything_runs: readonly number[]
  readonly streams_runs: readonly number[]
  /** Processor time an event of all threads of all workers, without the broker's. */
  readonly user_author_processor_us: number
  readonly affinity_processor_us: number
  readonly everything_processor_us: number
}

const PARTITIONS = 4
const COMMIT_INTERVAL_MS = 100
const PREFIX = 'bench.'

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
    const { brokers } = kafka
    const { keys, events } = options
    const load = await publishLoad({ brokers, prefix: PREFIX, partitions: PARTITIONS, keys, events })
    const bench = new KafkaBench(brokers, options.workers, load)
    for (let repetition = 0; repetition < options.repetitions; repetition++) {
      if (!(peer instanceof ServiceUnavailable)) await bench.streams(peer, repetition)
      for (const topology of ['user-author', 'affinity', 'everything'] as const) await bench.freshet(topology)
    }
    return {
      machine: await machine(),
      ...options,
      keys_touched: load.keysTouched,
      posts: load.posts,
      partitions: PARTITIONS,
      commit_interval_ms: COMMIT_INTERVAL_MS,
      ...bench.figures(),
      ...(peer instanceof ServiceUnavailable && { streams_missing: peer.message }),
    }
  } finally {
    await kafka.stop()
  }
}

class KafkaBench {
  private readonly brokers: readonly string[]
  private readonly workers: number
  private readonly load: Load
  private readonly freshetRuns: Readonly<Record<Measured, Runs>> = {
    'user-author': new Runs(),
    affinity: new Runs(),
    everything: new Runs(),
  }
  private readonly streamsRuns = new Runs()

  constructor(brokers: readonly string[], workers: number, load: Load) {
    this.brokers = brokers
    this.workers = workers
    this.load = load
  }

  async freshet(topology: Measured): Promise<void> {
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
      workers: this.workers,
    })
    await deleteTopics(brokers, PREFIX, INPUT_TOPICS)
    this.checkDone(topology, result.reactions, result.userAuthorRows)
    this.freshetRuns[topology].add(result.reactions, result.ms, result.processorMs)
  }

  async streams(peer: StreamsPeer, repetition: number): Promise<void> {
    const application = `streams.${repetition}`
    const { events, keys, ms } = await runStreamsPeer(peer, {
      brokers: this.brokers,
      topic: `${PREFIX}reactions`,
      application,
      threads: this.workers,
      commitIntervalMs: COMMIT_INTERVAL_MS,
    })
    await deleteTopics(this.brokers, application, [])
    this.checkDone('streams', events, keys)
    this.streamsRuns.add(events, ms)
  }

  figures() {
    const { 'user-author': userAuthor, affinity, everything } = this.freshetRuns
    const streams = this.streamsRuns
    return {
      user_author_events_per_s: Math.round(userAuthor.rate!),
      affinity_events_per_s: Math.round(affinity.rate!),
      everything_events_per_s: Math.round(everything.rate!),
      streams_events_per_s: streams.rate === null ? null : Math.round(streams.rate),
      user_author_ratio: userAuthor.ratioTo(streams),
      ratio: affinity.ratioTo(streams),
      everything_ratio: everything.ratioTo(streams),
      user_author_runs: userAuthor.all,
      affinity_runs: affinity.all,
      everything_runs: everything.all,
      streams_runs: streams.all,
      user_author_processor_us: userAuthor.processor,
      affinity_processor_us: affinity.processor,
      everything_processor_us: everything.processor,
    }
  }

  /** A run that lost or doubled something has no rate. */
  private checkDone(system: string, events: number, keys: number): void {
    const { reactions, keysTouched } = this.load
    if (events === reactions && keys === keysTouched) return
    throw new Error(`${system} processed ${events} of ${reactions} events into ${keys} of ${keysTouched} rows`)
  }
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
