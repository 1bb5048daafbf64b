import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster } from '../../../engine/log/kafka/cluster.ts'
import { loadLibrary } from '../../../engine/log/kafka/library.ts'
import type { Place } from '../../../engine/log/kafka/names.ts'

const LOOK_MS = 20
const ASK_MS_MAX = 30_000
const MOVED_MS_MAX = 120_000

/** Brokers by number, of a partition. */
interface Holders {
  /** Negative while nobody leads it. */
  readonly leader: number
  readonly replicas: readonly number[]
  /** Those of them that have all of it. */
  readonly inSync: readonly number[]
}

/** Where a cluster's partitions lie, as a newcomer is told. */
export class BrokerPartitions {
  private readonly cluster: Cluster

  private constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  static async open(brokers: readonly string[]): Promise<BrokerPartitions> {
    const cluster = new Cluster(await loadLibrary(), { brokers, changelogPartitions: 1 })
    await cluster.persist(() => cluster.refresh())
    return new BrokerPartitions(cluster)
  }

  async leader(place: Place): Promise<number> {
    return (await this.until(place, () => true)).leader
  }

  /**
   * Reassigns a partition, as an operator does who empties a broker: it is taken from the one that leads, another
   * leads on, and the first is given its copy back, last in order. Resolves when that one has all of it again.
   */
  async reassign(place: Place): Promise<void> {
    const { leader, replicas } = await this.until(place, () => true)
    const others = replicas.filter((broker) => broker !== leader)
    await this.assign(place, others)
    await this.until(place, (now) => now.leader !== leader && now.replicas.length === others.length)
    await this.assign(place, [...others, leader])
    await this.until(place, (now) => now.inSync.length === replicas.length)
  }

  close(): Promise<void> {
    return this.cluster.close()
  }

  private async holders({ topic, partition }: Place): Promise<Holders> {
    const { metadataV12 } = this.cluster.library
    const { topics } = await this.cluster.persist(() => this.cluster.askAny(metadataV12.api, [topic]))
    const found = topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
    if (found === undefined) throw new Error(`nobody knows partition ${partition} of ${topic}`)
    return { leader: found.leaderId, replicas: found.replicaNodes, inSync: found.isrNodes }
  }

  private async assign({ topic, partition }: Place, replicas: number[]): Promise<void> {
    const { alterPartitionReassignmentsV0 } = this.cluster.library
    const partitions = [{ partitionIndex: partition, replicas }]
    await this.cluster.persist(() =>
      this.cluster.askAny(alterPartitionReassignmentsV0.api, ASK_MS_MAX, true, [{ name: topic, partitions }]),
    )
  }

  /** Where it lies once somebody leads it and that is reached. */
  private async until(place: Place, reached: (now: Holders) => boolean): Promise<Holders> {
    const deadline = performance.now() + MOVED_MS_MAX
    for (;;) {
      const now = await this.holders(place)
      if (now.leader >= 0 && reached(now)) return now
      if (performance.now() > deadline)
        throw new Error(`${place.topic} is not reassigned: ${JSON.stringify(now)}`)
      await sleep(LOOK_MS)
    }
  }
}
