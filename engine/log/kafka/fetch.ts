import type { Reader, Writer } from '@platformatic/kafka'
import type { Cluster } from './cluster.ts'
import type { KafkaLibrary } from './library.ts'
import type { Place } from './names.ts'
import type { AbortedTransaction } from './read-batches.ts'

const FETCH = 1
/** The newest that names topics by name. */
const VERSION = 12
/** Asked for by a reader, not by a replica. */
const CONSUMER = -1
const READ_COMMITTED = 1
/** Every request stands for itself: no fetch session. */
const NO_SESSION = 0
const NO_EPOCH = -1
const ANSWER_BYTES_MAX = 32 << 20

export interface FetchFrom extends Place {
  readonly offset: number
}

export interface Fetched extends Place {
  readonly errorCode: number
  /** Offset after the last record that no open transaction precedes. */
  readonly stableEnd: number
  readonly start: number
  readonly aborted: readonly AbortedTransaction[]
  /** Whole batches, but for the last; empty where nothing new was there. */
  readonly bytes: Buffer
}

/** What a broker has of partitions that it leads; waits up to `waitMs` for a first byte. */
export const fetchFrom = (
  cluster: Cluster,
  broker: number,
  lane: string,
  places: readonly FetchFrom[],
  limits: { readonly waitMs: number; readonly partitionBytesMax: number },
): Promise<Fetched[]> =>
  cluster.ask(broker, lane, fetchApi(cluster.library), places, limits.waitMs, limits.partitionBytesMax)

const fetchApi = (library: KafkaLibrary) =>
  library.createAPI<[readonly FetchFrom[], number, number], Fetched[]>(
    FETCH,
    VERSION,
    (places: readonly FetchFrom[], waitMs: number, partitionBytesMax: number) =>
      writeRequest(library, places, waitMs, partitionBytesMax),
    (_correlationId, _key, _version, reader) => readAnswer(library, reader),
  )

const writeRequest = (
  library: KafkaLibrary,
  places: readonly FetchFrom[],
  waitMs: number,
  partitionBytesMax: number,
): Writer =>
  library.Writer.create()
    .appendInt32(CONSUMER)
    .appendInt32(waitMs)
    .appendInt32(1)
    .appendInt32(ANSWER_BYTES_MAX)
    .appendInt8(READ_COMMITTED)
    .appendInt32(NO_SESSION)
    .appendInt32(NO_EPOCH)
    .appendArray([...Map.groupBy(places, ({ topic }) => topic)], (writer, [topic, ofTopic]) => {
      writer.appendString(topic).appendArray(ofTopic, (inner, { partition, offset }) => {
        inner
          .appendInt32(partition)
          .appendInt32(NO_EPOCH)
          .appendInt64(BigInt(offset))
          .appendInt32(NO_EPOCH)
          .appendInt64(-1n)
          .appendInt32(partitionBytesMax)
      })
    })
    .appendArray([], () => undefined)
    .appendString('')
    .appendTaggedFields()

const readAnswer = (library: KafkaLibrary, reader: Reader): Fetched[] => {
  reader.readInt32()
  const errorCode = reader.readInt16()
  if (errorCode !== 0) throw new library.ProtocolError(errorCode)
  reader.readInt32()
  const fetched: Fetched[] = []
  reader.readArray(() => {
    const topic = reader.readString()
    reader.readArray(() => fetched.push(readPartition(topic, reader)))
  })
  return fetched
}

const readPartition = (topic: string, reader: Reader): Fetched => {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  reader.readInt64()
  const stableEnd = Number(reader.readInt64())
  const start = Number(reader.readInt64())
  const aborted = reader.readNullableArray(() => ({
    producerId: reader.readInt64(),
    firstOffset: Number(reader.readInt64()),
  }))
  reader.readInt32()
  const bytes = reader.readNullableBytes() ?? Buffer.alloc(0)
  return { topic, partition, errorCode, stableEnd, start, aborted: aborted ?? [], bytes }
}
