import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../errors.ts'
import { checkSpec, unknownPartition, unknownTopic } from '../entries.ts'
import type { TopicSpec } from '../port.ts'
import type { Cluster } from './cluster.ts'
import { asEngineError, BrokerError } from './failures.ts'
import { PlaceMap, type KafkaNames, type Place } from './names.ts'
import type { KafkaLogOptions } from './options.ts'
import { topicConfigs } from './topic-configs.ts'

const CREATE_MS_MAX = 30_000
/** New partitions have leaders in a moment; this many looks, so far apart. */
const LOOKS_MAX = 200
const LOOK_MS = 50
const DEFAULT_REPLICAS = -1

/** A topic to create, by its name on the brokers. */
interface NewTopic {
  readonly topic: string
  readonly partitions: number
  readonly retentionMs: number
}

/** The topics that the brokers have. */
export class KafkaTopics {
  private readonly cluster: Cluster
  private readonly names: KafkaNames
  private readonly options: KafkaLogOptions
  private readonly nameOnBrokers = new Map<string, string>()
  private readonly knownPlaces = new PlaceMap<Place>()

  constructor(cluster: Cluster, names: KafkaNames, options: KafkaLogOptions) {
    this.cluster = cluster
    this.names = names
    this.options = options
  }

  partitions(name: string): number {
    const partitions = this.cluster.partitions(this.onBrokers(name))
    if (partitions === undefined) throw unknownTopic(name)
    return partitions
  }

  /** Where a partition is on the brokers; throws `UNKNOWN_TOPIC`. */
  place(name: string, partition: number): Place {
    const partitions = this.partitions(name)
    if (!(Number.isInteger(partition) && partition >= 0 && partition < partitions)) {
      throw unknownPartition(name, partition, partitions)
    }
    const known = this.knownPlaces.get(name, partition)
    if (known !== undefined) return known
    const place = { topic: this.onBrokers(name), partition }
    this.knownPlaces.set(name, partition, place)
    return place
  }

  /** Every partition of every topic under the log's prefix. */
  places(): Place[] {
    return [...this.cluster.topics()]
      .filter((topic) => this.names.nameOf(topic) !== undefined)
      .flatMap((topic) =>
        Array.from({ length: this.cluster.partitions(topic) ?? 0 }, (_, partition) => ({ topic, partition })),
      )
  }

  /** Answers the partitions of the topics that it made. */
  async create(specs: readonly TopicSpec[]): Promise<Place[]> {
    await this.refresh()
    for (const spec of specs) checkSpec(spec, this.cluster.partitions(this.onBrokers(spec.name)))
    const topics = specs.map(({ name, partitions, retentionMs }) => ({
      topic: this.onBrokers(name),
      partitions,
      retentionMs,
    }))
    await this.createMissing(topics)
    return specs.flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => this.place(name, partition)),
    )
  }

  /** The partition of a task's changelog, made if it is missing. */
  async changelog(taskId: string): Promise<Place> {
    const place = this.names.changelog(taskId)
    const { changelogPartitions } = this.options
    if (this.cluster.partitions(place.topic) === undefined) {
      await this.refresh()
      const spec = { topic: place.topic, partitions: changelogPartitions, retentionMs: Infinity }
      await this.createMissing([spec])
    }
    const partitions = this.cluster.partitions(place.topic) ?? 0
    if (place.partition < partitions) return place
    const detail = `${place.topic} has ${partitions} partitions, none for task ${taskId}`
    throw new EngineError('TOPIC_MISMATCH', `${detail}: run as many tasks as before`)
  }

  /** Another process may make the same topics at the same time. */
  private async createMissing(topics: readonly NewTopic[]): Promise<void> {
    const missing = topics.filter(({ topic }) => this.cluster.partitions(topic) === undefined)
    if (missing.length === 0) return
    const { createTopicsV7 } = this.cluster.library
    const requested = missing.map((topic) => this.request(topic))
    try {
      await this.cluster.askAny(createTopicsV7.api, requested, CREATE_MS_MAX, false)
    } catch (error) {
      if (!(error instanceof BrokerError) || error.code !== 'TOPIC_ALREADY_EXISTS') throw asEngineError(error)
    }
    await this.appeared(missing)
  }

  private request({ topic, partitions, retentionMs }: NewTopic) {
    const configs = topicConfigs({ retentionMs })
    return {
      name: topic,
      numPartitions: partitions,
      replicationFactor: this.options.replicas ?? DEFAULT_REPLICAS,
      assignments: [],
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }
  }

  private async appeared(topics: readonly NewTopic[]): Promise<void> {
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      await this.refresh()
      if (topics.every((topic) => this.hasLeaders(topic))) return
      await sleep(LOOK_MS)
    }
    throw new EngineError('LOG_UNAVAILABLE', `new topics have no leaders: ${topics[0]!.topic} and others`)
  }

  private hasLeaders({ topic }: NewTopic): boolean {
    const partitions = this.cluster.partitions(topic) ?? 0
    const led = Array.from({ length: partitions }, (_, at) => this.cluster.leader(topic, at))
    return partitions > 0 && led.every((leader) => leader !== undefined)
  }

  private async refresh(): Promise<void> {
    await this.cluster.persist(() => this.cluster.refresh())
  }

  private onBrokers(name: string): string {
    let topic = this.nameOnBrokers.get(name)
    if (topic === undefined) {
      topic = this.names.topic(name)
      this.nameOnBrokers.set(name, topic)
    }
    return topic
  }
}
