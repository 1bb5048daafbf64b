import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from '../../errors.ts'
import { Cluster } from './cluster.ts'
import { asEngineError, BrokerError } from './failures.ts'
import { loadLibrary } from './library.ts'
import { metadataApi } from './metadata.ts'
import type { KafkaLogOptions } from './options.ts'

/** A topic as the brokers have it, or are to make it. */
export interface BrokerTopic {
  /** On the brokers, prefix and all. */
  readonly name: string
  readonly partitions: number
  /** Brokers that hold each partition. */
  readonly replicas: number
  /** By Kafka's names; of a topic that is there, those that were asked for. */
  readonly configs: Readonly<Record<string, string>>
}

const CREATE_MS_MAX = 30_000
/** Kafka's numbers for what is configured, and for how. */
const TOPIC_RESOURCE = 2 as const
const SET = 0 as const
/** A topic just made is known to every broker in a moment: this many looks, so far apart. */
const LOOKS_MAX = 200
const LOOK_MS = 50

/** Looks at the topics of a cluster, makes them and changes their settings. Errors are `EngineError`s. */
export class KafkaAdmin {
  private readonly cluster: Cluster

  private constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  static async open(options: KafkaLogOptions): Promise<KafkaAdmin> {
    const cluster = new Cluster(await loadLibrary(), options)
    try {
      await cluster.persist(() => cluster.refresh())
      return new KafkaAdmin(cluster)
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  /** Brokers that are there. */
  async brokers(): Promise<number> {
    const api = metadataApi(this.cluster.library)
    const { brokers } = await this.cluster.persist(() => this.cluster.askAny(api, []))
    return brokers.length
  }

  /** The topics of the cluster whose name begins so, with these of their settings. */
  async topics(prefix: string, configNames: readonly string[]): Promise<BrokerTopic[]> {
    const api = metadataApi(this.cluster.library)
    const { topics } = await this.cluster.persist(() => this.cluster.askAny(api, null))
    const found = topics.flatMap(({ name, isInternal, partitions }) =>
      typeof name === 'string' && !isInternal && name.startsWith(prefix)
        ? [{ name, partitions: partitions.length, replicas: partitions[0]?.replicaNodes.length ?? 0 }]
        : [],
    )
    const configs = await this.configs(
      found.map(({ name }) => name),
      configNames,
    )
    return found.map((topic) => ({ ...topic, configs: configs.get(topic.name) ?? {} }))
  }

  /** Makes topics that are not there; one that has come to be meanwhile is left as it is. */
  async create(topics: readonly BrokerTopic[]): Promise<void> {
    if (topics.length === 0) return
    const { createTopicsV7 } = this.cluster.library
    const requested = topics.map(({ name, partitions, replicas, configs }) => ({
      name,
      numPartitions: partitions,
      replicationFactor: replicas,
      assignments: [],
      configs: Object.entries(configs).map(([config, value]) => ({ name: config, value })),
    }))
    try {
      await this.cluster.askAny(createTopicsV7.api, requested, CREATE_MS_MAX, false)
    } catch (error) {
      if (!(error instanceof BrokerError) || error.code !== 'TOPIC_ALREADY_EXISTS') throw asEngineError(error)
    }
    await this.appeared(topics.map(({ name }) => name))
  }

  /** Changes settings of a topic, and no others of it. */
  async configure(topic: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const { incrementalAlterConfigsV1 } = this.cluster.library
    const resource = {
      resourceType: TOPIC_RESOURCE,
      resourceName: topic,
      configs: Object.entries(configs).map(([name, value]) => ({ name, configOperation: SET, value })),
    } as const
    await this.cluster.persist(() => this.cluster.askAny(incrementalAlterConfigsV1.api, [resource], false))
  }

  async close(): Promise<void> {
    await this.cluster.close()
  }

  private async configs(
    topics: readonly string[],
    names: readonly string[],
  ): Promise<Map<string, Record<string, string>>> {
    if (topics.length === 0 || names.length === 0) return new Map()
    const { describeConfigsV4 } = this.cluster.library
    const resources = topics.map((resourceName) => ({
      resourceType: TOPIC_RESOURCE,
      resourceName,
      configurationKeys: [...names],
    }))
    const { results } = await this.cluster.persist(() =>
      this.cluster.askAny(describeConfigsV4.api, resources, false, false),
    )
    return new Map(
      results.map(({ resourceName, configs }) => [
        resourceName,
        Object.fromEntries(configs.map(({ name, value }) => [name, value ?? ''])),
      ]),
    )
  }

  private async appeared(topics: readonly string[]): Promise<void> {
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      await this.cluster.persist(() => this.cluster.refresh())
      if (topics.every((topic) => this.cluster.leader(topic, 0) !== undefined)) return
      await sleep(LOOK_MS)
    }
    throw new EngineError('LOG_UNAVAILABLE', `new topics have no leaders: ${topics[0]} and others`)
  }
}
