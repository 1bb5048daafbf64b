import type { Reader, Writer } from '@platformatic/kafka'
import type { Cluster } from './cluster.ts'
import { BrokerError } from './failures.ts'
import type { KafkaLibrary } from './library.ts'
import { placeKey, type Place } from './names.ts'

const PRODUCE = 0
/** The newest that Kafka 3.9 and 4 both take and that names topics by name. */
const VERSION = 9
const ALL_REPLICAS = -1
/** A broker gives up on its replicas after this. */
const ACKNOWLEDGE_MS_MAX = 5_000

export interface BatchToSend extends Place {
  readonly batch: Buffer
}

/** What became of one batch. */
export type BatchSent =
  { readonly baseOffset: number; readonly failure?: undefined } | { readonly failure: BrokerError }

interface PartitionAnswer extends Place {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly baseOffset: number
}

/**
 * Sends batches to their leaders, one request a leader, at most one batch a partition. Each batch has an
 * answer of its own, in the order given: one that failed says nothing of the others.
 */
export const produce = async (
  cluster: Cluster,
  lane: string,
  transactionalId: string | null,
  batches: readonly BatchToSend[],
): Promise<readonly BatchSent[]> => {
  const sent: BatchSent[] = []
  const byLeader = Map.groupBy(batches.keys(), (index) =>
    cluster.leader(batches[index]!.topic, batches[index]!.partition),
  )
  await Promise.all(
    [...byLeader].map(async ([leader, indices]) => {
      const own = indices.map((index) => batches[index]!)
      const answers =
        leader === undefined
          ? own.map(({ topic, partition }) => withoutLeader(topic, partition))
          : await sendTo(cluster, leader, lane, transactionalId, own)
      for (const [at, index] of indices.entries()) sent[index] = answers[at]!
    }),
  )
  return sent
}

const withoutLeader = (topic: string, partition: number): BatchSent => ({
  failure: new BrokerError('LEADER_NOT_AVAILABLE', `${topic}-${partition} has no leader`),
})

const sendTo = async (
  cluster: Cluster,
  leader: number,
  lane: string,
  transactionalId: string | null,
  batches: readonly BatchToSend[],
): Promise<readonly BatchSent[]> => {
  try {
    const answers = await cluster.ask(leader, lane, produceApi(cluster.library), transactionalId, batches)
    const byPlace = new Map(answers.map((each) => [placeKey(each.topic, each.partition), each]))
    return batches.map(({ topic, partition }) => resultOf(cluster, byPlace.get(placeKey(topic, partition))))
  } catch (error) {
    const failure =
      error instanceof BrokerError
        ? error
        : new BrokerError('UNKNOWN_SERVER_ERROR', String(error), { cause: error })
    return batches.map(() => ({ failure }))
  }
}

const resultOf = (cluster: Cluster, answer: PartitionAnswer | undefined): BatchSent => {
  if (answer === undefined)
    return { failure: new BrokerError('UNKNOWN_SERVER_ERROR', 'a partition went unanswered') }
  const { topic, partition, errorCode, errorMessage, baseOffset } = answer
  try {
    cluster.check(errorCode, `${topic}-${partition}${errorMessage === null ? '' : `: ${errorMessage}`}`)
    return { baseOffset }
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    return { failure: error }
  }
}

const produceApi = (library: KafkaLibrary) =>
  library.createAPI<[string | null, readonly BatchToSend[]], PartitionAnswer[]>(
    PRODUCE,
    VERSION,
    (transactionalId: string | null, batches: readonly BatchToSend[]) =>
      writeRequest(library, transactionalId, batches),
    (_correlationId, _key, _version, reader) => readAnswer(reader),
  )

const writeRequest = (
  library: KafkaLibrary,
  transactionalId: string | null,
  batches: readonly BatchToSend[],
): Writer =>
  library.Writer.create()
    .appendString(transactionalId)
    .appendInt16(ALL_REPLICAS)
    .appendInt32(ACKNOWLEDGE_MS_MAX)
    .appendArray([...Map.groupBy(batches, ({ topic }) => topic)], (writer, [topic, ofTopic]) => {
      writer.appendString(topic).appendArray(ofTopic, (inner, { partition, batch }) => {
        inner.appendInt32(partition)
        inner.appendUnsignedVarInt(batch.length + 1).append(batch)
      })
    })
    .appendTaggedFields()

const readAnswer = (reader: Reader): PartitionAnswer[] => {
  const answers: PartitionAnswer[] = []
  reader.readArray(() => {
    const topic = reader.readString()
    reader.readArray(() => {
      const partition = reader.readInt32()
      const errorCode = reader.readInt16()
      const baseOffset = Number(reader.readInt64())
      // Times and offsets of the log, not needed here.
      reader.skip(16)
      reader.readArray(() => {
        reader.readInt32()
        reader.readNullableString()
      })
      answers.push({ topic, partition, errorCode, baseOffset, errorMessage: reader.readNullableString() })
    })
  })
  return answers
}
