import { cpus, totalmem } from 'node:os'
import { say } from '../cli/terminal.ts'
import { topicSpecsOf } from '../engine/worker.ts'
import { KafkaLog } from '../engine/log/kafka.ts'
import { realServices } from '../services/index.ts'
import { java } from '../services/native/java.ts'
import { KAFKA_VERSION_DEFAULT, ServiceUnavailable } from '../services/port.ts'
import { Runs, type Run } from './kafka/figures.ts'
import { INPUT_TOPICS, publishLoad, type Load } from './kafka/load.ts'
import { buildStreamsPeer, runStreamsPeer, type StreamsPeer } from './kafka/streams-peer.ts'
import { processorMsOf } from './kafka/processor-time.ts'
import { deleteTopics } from './kafka/topics.ts'
import { TOPOLOGIES, type Measured } from './kafka/topologies.ts'
import { runWorkers } from './kafka/workers.ts'
import { rounded } from './rounded.ts'

export interface KafkaBenchOptions {
  /** Distinct (user, author) pairs, all equally likely. */
  readonly keys: number
  readonly events: number
  /** Runs of each system, in turns; medians are told. */
  readonly repetitions: number
  /** Freshet's worker processes; Kafka Streams has as many threads. */
  readonly workers: number
  /** Running brokers, `host:port`, by comma; without them one is started here. */
  readonly brokers?: string
}

export const KAFKA_BENCH_DEFAULTS: KafkaBenchOptions = {
  keys: 1_000_000,
  events: 1_000_000,
  repetitions: 3,
  workers: 2,
}

export interface KafkaBenchResult extends Omit<KafkaBenchOptions, 'brokers'> {
  readonly machine: string
  /** Pairs that some event is of, and so rows at the end. */
  readonly keys_touched: number
  /** Processed by everything, too, and not counted as events. */
  readonly posts: number
  readonly partitions: number
  readonly commit_interval_ms: number
  /** The view that the peer has, alone. */
  readonly user_author_events_per_s: number | null
  readonly affinity_events_per_s: number | null
  readonly everything_events_per_s: number | null
  /** Null where the peer cannot be built or run here: `streams_missing` says why. */
  readonly streams_events_per_s: number | null
  /** To Kafka Streams, medians: of what both do, the view by user and author. `ratio_of` names the two figures. */
  readonly ratio: number | null
  readonly ratio_of: typeof RATIO_OF
  /** The same figure under a name that says it. */
  readonly user_author_ratio: number | null
  readonly affinity_ratio: number | null
  readonly everything_ratio: number | null
  readonly streams_missing?: string
  /** As the ratios, but of processor time an event, the broker's included: other work of the machine counts less. */
  readonly processor_ratio: number | null
  readonly affinity_processor_ratio: number | null
  readonly everything_processor_ratio: number | null
  readonly user_author_runs: readonly number[]
  readonly affinity_runs: readonly number[]
  readonly everything_runs: readonly number[]
  readonly streams_runs: readonly number[]
  /** Processor time an event of all threads of a system, and of the broker meanwhile. */
  readonly processor_us: Readonly<Record<string, number | null>>
  readonly broker_us: Readonly<Record<string, number | null>>
  /**
   * Rows in memory at the end, keys included: of a state that is larger than what workers may keep there, that part
   * alone. Nothing is known of the peer's.
   */
  readonly state_bytes: Readonly<Record<string, number | null>>
  /** The directories of state on disk after a clean stop, whole; changelogs are the broker's, and are not counted. */
  readonly disk_bytes: Readonly<Record<string, number | null>>
  /** The same by the pairs of user and author. */
  readonly disk_bytes_per_key: Readonly<Record<string, number | null>>
}

const PARTITIONS = 4
const COMMIT_INTERVAL_MS = 100
/** What `ratio` is of: not of `affinity_events_per_s`, which stands beside it and is of two views. */
const RATIO_OF = 'user_author_events_per_s / streams_events_per_s' as const
/** Brokers may be somebody's, with topics of theirs. */
const PREFIX = `freshet-bench-${process.pid}.`

export const about = 'Freshet and Kafka Streams over the same topic of the same broker.'

/**
 * Freshet and Kafka Streams over the same topic on the same broker, both exactly once from offset 0 to the
 * commit of the last event, in turns. Throws `ServiceUnavailable` where no broker can be had.
 */
export const run = async (given: Partial<KafkaBenchOptions> = {}): Promise<KafkaBenchResult> => {
  const { brokers, ...options } = { ...KAFKA_BENCH_DEFAULTS, ...given }
  const peer = await orMissing(buildStreamsPeer())
  if (brokers !== undefined) {
    return compare({ brokers: brokers.split(','), name: 'given brokers' }, options, peer)
  }
  const kafka = await realServices.kafka()
  try {
    const { brokers: addresses, nodes } = kafka
    const broker = { brokers: addresses, name: `Kafka ${KAFKA_VERSION_DEFAULT}`, pid: nodes[0]!.pid }
    return await compare(broker, options, peer)
  } finally {
    await kafka.stop()
  }
}

interface Brokers {
  readonly brokers: readonly string[]
  readonly name: string
  /** Of the only one, where it is on this machine. */
  readonly pid?: number
}

const compare = async (
  { brokers, name, pid }: Brokers,
  options: Omit<KafkaBenchOptions, 'brokers'>,
  peer: StreamsPeer | ServiceUnavailable,
): Promise<KafkaBenchResult> => {
  const { keys, events, repetitions, workers } = options
  try {
    const load = await publishLoad({ brokers, prefix: PREFIX, partitions: PARTITIONS, keys, events })
    const bench = new KafkaBench(brokers, workers, load, () =>
      pid === undefined ? null : processorMsOf(pid),
    )
    for (let repetition = 0; repetition < repetitions; repetition++) {
      if (!(peer instanceof ServiceUnavailable)) await bench.streams(peer, repetition)
      for (const topology of ['user-author', 'affinity', 'everything'] as const) await bench.freshet(topology)
    }
    return {
      machine: await machine(name),
      ...options,
      keys_touched: load.keysTouched,
      posts: load.posts,
      partitions: PARTITIONS,
      commit_interval_ms: COMMIT_INTERVAL_MS,
      ...bench.figures(),
      ...(peer instanceof ServiceUnavailable && { streams_missing: peer.message }),
    }
  } finally {
    await deleteTopics(brokers, PREFIX, [])
  }
}

/** A run may take a minute: who waits hears of each. */
const tell = (system: string, { events, ms }: Run): void =>
  say(`${system}: ${events} events in ${Math.round(ms)} ms`)

const orMissing = async <Service>(service: Promise<Service>): Promise<Service | ServiceUnavailable> => {
  try {
    return await service
  } catch (error) {
    if (error instanceof ServiceUnavailable) return error
    throw error
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
  private readonly brokerMs: () => number | null

  constructor(
    brokers: readonly string[],
    workers: number,
    load: Load,
    /** Processor time of the broker so far. */
    brokerMs: () => number | null,
  ) {
    this.brokerMs = brokerMs
    this.brokers = brokers
    this.workers = workers
    this.load = load
  }

  async freshet(topology: Measured): Promise<void> {
    const { brokers } = this
    const log = await KafkaLog.open({ brokers, prefix: PREFIX, changelogPartitions: PARTITIONS })
    await log.createTopics(topicSpecsOf(TOPOLOGIES[topology], PARTITIONS, Infinity))
    await log.close()
    const brokerMs = this.brokerMs()
    const result = await runWorkers({
      brokers,
      prefix: PREFIX,
      topology,
      partitions: PARTITIONS,
      commitIntervalMs: COMMIT_INTERVAL_MS,
      workers: this.workers,
    })
    const run = { ...result, events: result.reactions, brokerMs: this.since(brokerMs) }
    await deleteTopics(brokers, PREFIX, INPUT_TOPICS)
    this.checkDone(topology, run.events, result.userAuthorRows)
    this.freshetRuns[topology].add(run)
    tell(topology, run)
  }

  async streams(peer: StreamsPeer, repetition: number): Promise<void> {
    const application = `${PREFIX}streams-${repetition}`
    const brokerMs = this.brokerMs()
    const { keys, ...result } = await runStreamsPeer(peer, {
      brokers: this.brokers,
      topic: `${PREFIX}reactions`,
      application,
      threads: this.workers,
      commitIntervalMs: COMMIT_INTERVAL_MS,
    })
    const run = { ...result, brokerMs: this.since(brokerMs) }
    await deleteTopics(this.brokers, PREFIX, INPUT_TOPICS)
    this.checkDone('streams', run.events, keys)
    this.streamsRuns.add(run)
    tell('Kafka Streams', run)
  }

  figures() {
    const { 'user-author': userAuthor, affinity, everything } = this.freshetRuns
    const streams = this.streamsRuns
    const ofEach = <Value>(value: (runs: Runs) => Value) => ({
      user_author: value(userAuthor),
      affinity: value(affinity),
      everything: value(everything),
      streams: value(streams),
    })
    return {
      user_author_events_per_s: userAuthor.rate,
      affinity_events_per_s: affinity.rate,
      everything_events_per_s: everything.rate,
      streams_events_per_s: streams.rate,
      ratio: userAuthor.ratioTo(streams),
      ratio_of: RATIO_OF,
      user_author_ratio: userAuthor.ratioTo(streams),
      affinity_ratio: affinity.ratioTo(streams),
      everything_ratio: everything.ratioTo(streams),
      processor_ratio: userAuthor.processorRatioTo(streams),
      affinity_processor_ratio: affinity.processorRatioTo(streams),
      everything_processor_ratio: everything.processorRatioTo(streams),
      user_author_runs: userAuthor.rates,
      affinity_runs: affinity.rates,
      everything_runs: everything.rates,
      streams_runs: streams.rates,
      processor_us: ofEach((runs) => runs.processorUs),
      broker_us: ofEach((runs) => runs.brokerUs),
      state_bytes: ofEach((runs) => runs.stateBytes),
      disk_bytes: ofEach((runs) => runs.diskBytes),
      disk_bytes_per_key: ofEach(({ diskBytes }) =>
        diskBytes === null ? null : rounded(diskBytes / this.load.keysTouched, 1),
      ),
    }
  }

  private since(before: number | null): number | null {
    const now = this.brokerMs()
    return before === null || now === null ? null : now - before
  }

  /** A run that lost or doubled something has no rate. */
  private checkDone(system: string, events: number, keys: number): void {
    const { reactions, keysTouched } = this.load
    if (events === reactions && keys === keysTouched) return
    throw new Error(
      `${system} processed ${events} of ${reactions} events into ${keys} of ${keysTouched} rows`,
    )
  }
}

const machine = async (broker: string): Promise<string> => {
  const [first] = cpus()
  const found = await orMissing(java())
  return [
    `${cpus().length} × ${first?.model.trim() ?? 'unknown processor'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.versions.node}`,
    found instanceof ServiceUnavailable ? 'no Java' : `Java ${found.version}`,
    broker,
  ].join(', ')
}
