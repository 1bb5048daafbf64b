import type { AppendEntry } from '../port.ts'
import { SEQUENCES } from './appender.ts'
import type { Cluster } from './cluster.ts'
import { BrokerError, hasMoved } from './failures.ts'
import { placeKey, type Place } from './names.ts'
import { FrameQueue } from './packing.ts'
import { produce, type BatchToSend } from './produce.ts'
import { RecordBatchWriter, type Producer } from './record-batch.ts'

const NEW_PRODUCER = { id: -1n, epoch: -1, isTransactional: true } as const

/**
 * What the brokers may hold of the last transaction: nothing unsaid; records that are neither committed nor
 * taken back; or a commit that was asked for without hearing whether it is one.
 */
export type Doubt = 'none' | 'open' | 'ended'

/** Frames that go to one partition within a transaction. */
interface Outgoing {
  readonly place: Place
  readonly frames: FrameQueue<undefined>
}

/** Where what was written ends. */
export interface Written {
  readonly place: Place
  readonly end: number
}

/**
 * Transactions under one transactional id. Beginning takes the id over: the coordinator raises its epoch, takes
 * back what the owner before left open, and refuses that owner from then on, wherever it is and however long it
 * slept.
 */
export class Transactions {
  doubt: Doubt = 'none'
  private readonly cluster: Cluster
  private readonly lane: string
  private readonly id: string
  private readonly timeoutMs: number
  private readonly writer = new RecordBatchWriter()
  /** Next sequence of each partition, counted anew by every epoch. */
  private readonly sequences = new Map<string, number>()
  private producer: Producer = NEW_PRODUCER
  private coordinator: number | undefined

  constructor(cluster: Cluster, lane: string, transactionalId: string, timeoutMs: number) {
    this.cluster = cluster
    this.lane = lane
    this.id = transactionalId
    this.timeoutMs = timeoutMs
  }

  /**
   * Takes the id over; later, raises the epoch of an owner that is in doubt, which ends what it left open: what
   * was asked to be committed is committed, all else taken back. Throws `FENCED` when it is owned no more.
   */
  async begin(): Promise<void> {
    const { initProducerIdV4 } = this.cluster.library
    const { id, epoch } = this.producer
    const answer = await this.askCoordinator((coordinator) =>
      this.cluster.ask(coordinator, this.lane, initProducerIdV4.api, this.id, this.timeoutMs, id, epoch),
    )
    this.producer = { id: answer.producerId, epoch: answer.producerEpoch, isTransactional: true }
    this.sequences.clear()
    this.doubt = 'none'
  }

  /** Writes entries and commits them. Throws an `EngineError` with `doubt` saying what is to be cleared up. */
  async commit(entries: readonly AppendEntry[]): Promise<Written[]> {
    const outgoing = outgoingOf(entries)
    const written = new Map<string, Written>()
    this.doubt = 'open'
    await this.addPartitions(outgoing.map(({ place }) => place))
    for (let left = outgoing; left.length > 0; left = left.filter(({ frames }) => !frames.isEmpty)) {
      for (const each of await this.send(left)) {
        written.set(placeKey(each.place.topic, each.place.partition), each)
      }
    }
    this.doubt = 'ended'
    await this.end()
    this.doubt = 'none'
    return [...written.values()]
  }

  /** A batch of each partition. A failure leaves the transaction to be taken back whole. */
  private async send(outgoing: readonly Outgoing[]): Promise<Written[]> {
    const counts: number[] = []
    const batches = outgoing.map(({ place, frames }): BatchToSend => {
      frames.pack(this.writer)
      counts.push(this.writer.count)
      const key = placeKey(place.topic, place.partition)
      const sequence = this.sequences.get(key) ?? 0
      this.sequences.set(key, (sequence + this.writer.count) % SEQUENCES)
      return { ...place, batch: this.writer.take(this.producer, sequence, this.cluster.library.crc32c) }
    })
    const results = await produce(this.cluster, this.lane, this.id, batches)
    const failure = results.find((result) => result.failure !== undefined)?.failure
    if (failure !== undefined) {
      if (hasMoved(failure)) await this.cluster.refresh().catch(() => undefined)
      throw failure
    }
    return results.map((result, index) => {
      if (result.failure !== undefined) throw result.failure
      return { place: outgoing[index]!.place, end: result.baseOffset + counts[index]! }
    })
  }

  private async addPartitions(places: readonly Place[]): Promise<void> {
    const topics = [...Map.groupBy(places, ({ topic }) => topic)].map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition }) => partition),
    }))
    const { id: producerId, epoch: producerEpoch } = this.producer
    const transaction = { transactionalId: this.id, producerId, producerEpoch, verifyOnly: false, topics }
    const { addPartitionsToTxnV3 } = this.cluster.library
    await this.askCoordinator((coordinator) =>
      this.cluster.ask(coordinator, this.lane, addPartitionsToTxnV3.api, [transaction]),
    )
  }

  /** May be asked again and again: a coordinator that has committed says so again. */
  private async end(): Promise<void> {
    const { endTxnV3 } = this.cluster.library
    const { id, epoch } = this.producer
    await this.askCoordinator((coordinator) =>
      this.cluster.ask(coordinator, this.lane, endTxnV3.api, this.id, id, epoch, true),
    )
  }

  private askCoordinator<Answer>(ask: (coordinator: number) => Promise<Answer>): Promise<Answer> {
    return this.cluster.persist(async () => {
      this.coordinator ??= await this.cluster.coordinator(this.id)
      try {
        return await ask(this.coordinator)
      } catch (error) {
        if (!(error instanceof BrokerError) || hasMoved(error)) this.coordinator = undefined
        throw error
      }
    })
  }
}

const outgoingOf = (entries: readonly AppendEntry[]): Outgoing[] => {
  const outgoing = new Map<string, Outgoing>()
  for (const { topic, partition, frame } of entries) {
    if (frame.count === 0) continue
    const key = placeKey(topic, partition)
    let to = outgoing.get(key)
    if (to === undefined) {
      to = { place: { topic, partition }, frames: new FrameQueue() }
      outgoing.set(key, to)
    }
    to.frames.push(frame, undefined)
  }
  return [...outgoing.values()]
}
