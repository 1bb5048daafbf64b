import type { Cluster } from './cluster.ts'
import type { Place } from './names.ts'

/**
 * Which of the places hold records of a producer that are neither committed nor taken back, by what their leaders say;
 * waits for those that have none. Of a topic that was deleted nothing is held. Throws an `EngineError`.
 */
export const openPlaces = (
  cluster: Cluster,
  lane: string,
  producerId: bigint,
  places: readonly Place[],
): Promise<readonly Place[]> =>
  cluster.persist(() => {
    const there = places.filter(({ topic }) => cluster.partitions(topic) !== undefined)
    return cluster.askLeaders(there, (leader, led) => openOf(cluster, leader, lane, producerId, led))
  })

const openOf = async (
  cluster: Cluster,
  leader: number,
  lane: string,
  producerId: bigint,
  places: readonly Place[],
): Promise<readonly Place[]> => {
  const topics = [...Map.groupBy(places, ({ topic }) => topic)].map(([name, ofTopic]) => ({
    name,
    partitionIndexes: ofTopic.map(({ partition }) => partition),
  }))
  const answer = await cluster.ask(leader, lane, cluster.library.describeProducersV0.api, topics)
  return answer.topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ activeProducers }) =>
        activeProducers.some((each) => each.producerId === producerId && each.currentTxnStartOffset >= 0n),
      )
      .map(({ partitionIndex }): Place => ({ topic: name, partition: partitionIndex })),
  )
}
