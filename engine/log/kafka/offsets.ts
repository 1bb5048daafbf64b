import { COMMON_LANE, type Cluster } from './cluster.ts'
import { placeKey, PlaceMap, type Place } from './names.ts'

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const CONSUMER = -1
const EARLIEST = -2n
const LATEST = -1n
const NO_EPOCH = -1

export interface Bounds {
  readonly start: number
  readonly end: number
}

/** Where partitions begin and end, as far as this process has heard. Ends never go back. */
export class Offsets {
  private readonly cluster: Cluster
  private readonly bounds = new PlaceMap<{ start: number; end: number }>()

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  of({ topic, partition }: Place): Bounds {
    return this.entry(topic, partition)
  }

  /** Answers whether the end is a new one. */
  heard({ topic, partition }: Place, { start, end }: Partial<Bounds>): boolean {
    const entry = this.entry(topic, partition)
    if (start !== undefined && start > entry.start) entry.start = start
    if (end === undefined || end <= entry.end) return false
    entry.end = end
    return true
  }

  /** Asks the leaders; throws an `EngineError` when they do not answer. */
  async refresh(places: readonly Place[]): Promise<void> {
    const [starts, ends] = await Promise.all([this.ask(places, EARLIEST), this.ask(places, LATEST)])
    for (const [index, place] of places.entries()) {
      this.heard(place, { start: starts[index]!, end: ends[index]! })
    }
  }

  /** Asks for the ends of what was appended, committed or not, in the order of the places. Throws as `refresh` does. */
  appended(places: readonly Place[]): Promise<number[]> {
    return this.ask(places, LATEST, READ_UNCOMMITTED)
  }

  private ask(
    places: readonly Place[],
    timestamp: bigint,
    isolation: number = READ_COMMITTED,
  ): Promise<number[]> {
    return this.cluster.persist(async () => {
      const answered = await this.cluster.askLeaders(places, (leader, led) =>
        this.askLeader(leader, led, timestamp, isolation),
      )
      const offsets = new Map(answered)
      return places.map(({ topic, partition }) => offsets.get(placeKey(topic, partition)) ?? 0)
    })
  }

  private async askLeader(
    leader: number,
    places: readonly Place[],
    timestamp: bigint,
    isolation: number,
  ): Promise<[string, number][]> {
    const topics = [...Map.groupBy(places, ({ topic }) => topic)].map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: NO_EPOCH,
        timestamp,
      })),
    }))
    const { listOffsetsV7 } = this.cluster.library
    const answer = await this.cluster.ask(leader, COMMON_LANE, listOffsetsV7.api, CONSUMER, isolation, topics)
    return answer.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, offset }): [string, number] => [
        placeKey(name, partitionIndex),
        Number(offset),
      ]),
    )
  }

  private entry(topic: string, partition: number): { start: number; end: number } {
    let entry = this.bounds.get(topic, partition)
    if (entry === undefined) {
      entry = { start: 0, end: 0 }
      this.bounds.set(topic, partition, entry)
    }
    return entry
  }
}
