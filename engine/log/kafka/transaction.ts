import { setTimeout as sleep } from 'node:timers/promises'
import { FrameWriter } from '../frame.ts'
import type { AppendEntry } from '../port.ts'
import { SEQUENCES } from './appender.ts'
import { MARKERS_MS, type Cluster } from './cluster.ts'
import { BrokerError, hasMoved, NO_ANSWER } from './failures.ts'
import { placeKey, type Place } from './names.ts'
import { FrameQueue } from './packing.ts'
import { produce, type BatchSent, type BatchToSend } from './produce.ts'
import { RecordBatchWriter, type Producer } from './record-batch.ts'

const NEW_PRODUCER = { id: -1n, epoch: -1, isTransactional: true } as const
/**
 * Near the last epoch, 32,767, the coordinator gives an id out anew, and a leader knows nothing of the old one's
 * end: from here on everything is a transaction.
 */
const EPOCH_ALONE_MAX = 30_000
/** Said of a batch outside of a transaction while the markers of the last one are still being written. */
const MARKERS_PENDING = 'INVALID_TXN_STATE'
const MARKERS_MS_MAX = 1_000

/** A record that says nothing. */
const NOTHING = new FrameWriter()
NOTHING.append(0, Buffer.alloc(0), 0, 0, Buffer.alloc(0), 0, 0)
const ONE_RECORD = NOTHING.take()

/**
 * What the brokers may hold of the last commit: nothing unsaid; records that are neither committed nor taken back;
 * or a commit that was asked for without hearing whether it is one.
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
 * Commits under one transactional id, which owns one partition. Beginning takes the id over: the coordinator raises
 * its epoch, takes back what the owner before left open, and refuses that owner from then on, wherever it is and
 * however long it slept. So does the partition's leader, which is shown the epoch: a commit that is one record of
 * that partition is whole without a transaction, at a sixth of the brokers' work.
 */
export class Transactions {
  doubt: Doubt = 'none'
  /** Where the records end that the last commit wrote, as far as the leaders said, whether or not it is one. */
  written: readonly Written[] = []
  private readonly cluster: Cluster
  private readonly lane: string
  private readonly id: string
  private readonly own: Place
  private readonly timeoutMs: number
  private readonly writer = new RecordBatchWriter()
  /** Next sequence of each partition, counted anew by every epoch. */
  private readonly sequences = new Map<string, number>()
  private producer: Producer = NEW_PRODUCER
  private coordinator: number | undefined

  /** Only the owner of the id writes to `own`. */
  constructor(cluster: Cluster, lane: string, transactionalId: string, own: Place, timeoutMs: number) {
    this.cluster = cluster
    this.lane = lane
    this.id = transactionalId
    this.own = own
    this.timeoutMs = timeoutMs
  }

  /**
   * Takes the id over; later, raises the epoch of an owner that is in doubt, which ends what it left open: what
   * was asked to be committed is committed, all else taken back. Throws `FENCED` when it is owned no more.
   */
  async begin(): Promise<void> {
    await this.cluster.persist(() => this.takeOver())
    this.doubt = 'none'
  }

  /** Writes entries and commits them. Throws an `EngineError` with `doubt` saying what is to be cleared up. */
  async commit(entries: readonly AppendEntry[]): Promise<readonly Written[]> {
    const records = entries.filter(({ frame }) => frame.count > 0)
    this.written = []
    return this.isOneRecord(records) ? this.append(records) : this.transact(records)
  }

  private async takeOver(): Promise<void> {
    const { initProducerIdV4 } = this.cluster.library
    const { id, epoch } = this.producer
    const answer = await this.askCoordinator((coordinator) =>
      this.cluster.ask(coordinator, this.lane, initProducerIdV4.api, this.id, this.timeoutMs, id, epoch),
    )
    this.producer = { id: answer.producerId, epoch: answer.producerEpoch, isTransactional: true }
    this.sequences.clear()
    await this.showEpoch()
  }

  /**
   * A record that is taken back: once the leader has it, it refuses every batch of an earlier epoch. It is taken back
   * too where the leader did not have it: a coordinator that is asked for the next epoch while a transaction is open
   * may raise it twice, and then refuses who asks with the one it knows.
   */
  private async showEpoch(): Promise<void> {
    await this.addPartitions([this.own])
    try {
      await this.send(outgoingOf([{ ...this.own, frame: ONE_RECORD }]))
    } finally {
      await this.end('take back')
    }
  }

  private async transact(entries: readonly AppendEntry[]): Promise<readonly Written[]> {
    const outgoing = outgoingOf(entries)
    const written = new Map<string, Written>()
    this.doubt = 'open'
    await this.addPartitions(outgoing.map(({ place }) => place))
    for (let left = outgoing; left.length > 0; left = left.filter(({ frames }) => !frames.isEmpty)) {
      for (const each of await this.send(left)) {
        written.set(placeKey(each.place.topic, each.place.partition), each)
      }
    }
    this.written = [...written.values()]
    this.doubt = 'ended'
    await this.end('commit')
    this.doubt = 'none'
    return this.written
  }

  private isOneRecord([first, ...more]: readonly AppendEntry[]): boolean {
    const isOwn = first?.topic === this.own.topic && first.partition === this.own.partition
    return isOwn && first.frame.count === 1 && more.length === 0 && this.producer.epoch < EPOCH_ALONE_MAX
  }

  /** It is committed as soon as the leader has it. */
  private async append(entries: readonly AppendEntry[]): Promise<Written[]> {
    const { batches, counts } = this.batchesOf(outgoingOf(entries), false)
    this.doubt = 'ended'
    let results = await produce(this.cluster, this.lane, null, batches)
    for (let ms = MARKERS_MS; arePending(results) && ms < MARKERS_MS_MAX; ms *= 2) {
      await sleep(ms)
      results = await produce(this.cluster, this.lane, null, batches)
    }
    const written = await this.writtenOf(results, batches, counts)
    this.doubt = 'none'
    return written
  }

  /** A batch of each partition. A failure leaves the transaction to be taken back whole. */
  private async send(outgoing: readonly Outgoing[]): Promise<Written[]> {
    const { batches, counts } = this.batchesOf(outgoing, true)
    return this.writtenOf(await produce(this.cluster, this.lane, this.id, batches), batches, counts)
  }

  private batchesOf(
    outgoing: readonly Outgoing[],
    isTransactional: boolean,
  ): { readonly batches: readonly BatchToSend[]; readonly counts: readonly number[] } {
    const producer = { ...this.producer, isTransactional }
    const counts: number[] = []
    const batches = outgoing.map(({ place, frames }): BatchToSend => {
      frames.pack(this.writer)
      counts.push(this.writer.count)
      const key = placeKey(place.topic, place.partition)
      const sequence = this.sequences.get(key) ?? 0
      this.sequences.set(key, (sequence + this.writer.count) % SEQUENCES)
      return { ...place, batch: this.writer.take(producer, sequence, this.cluster.library.crc32c) }
    })
    return { batches, counts }
  }

  private async writtenOf(
    results: readonly BatchSent[],
    batches: readonly BatchToSend[],
    counts: readonly number[],
  ): Promise<Written[]> {
    const failure = results.find((result) => result.failure !== undefined)?.failure
    if (failure !== undefined) {
      if (hasMoved(failure)) await this.cluster.refresh().catch(() => undefined)
      throw failure
    }
    return results.map((result, index) => {
      if (result.failure !== undefined) throw result.failure
      const { topic, partition } = batches[index]!
      return { place: { topic, partition }, end: result.baseOffset + counts[index]! }
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

  /**
   * Never asked again without an answer: a request that is late, and not lost, would end the next transaction of this
   * epoch, whatever of it is written by then. Throws a `BrokerError` instead; who raises the epoch has it refused.
   */
  private async end(how: 'commit' | 'take back'): Promise<void> {
    const { endTxnV3 } = this.cluster.library
    const { id, epoch } = this.producer
    const unheard = await this.askCoordinator((coordinator) =>
      this.cluster
        .ask(coordinator, this.lane, endTxnV3.api, this.id, id, epoch, how === 'commit')
        .then(() => undefined, unheardOf),
    )
    if (unheard === undefined) return
    this.coordinator = undefined
    throw unheard
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

/** A failure that is no answer; throws any other. */
const unheardOf = (error: unknown): BrokerError => {
  if (error instanceof BrokerError && error.code === NO_ANSWER) return error
  throw error
}

const arePending = (results: readonly BatchSent[]): boolean =>
  results.some(({ failure }) => failure?.code === MARKERS_PENDING)

const outgoingOf = (entries: readonly AppendEntry[]): Outgoing[] => {
  const outgoing = new Map<string, Outgoing>()
  for (const { topic, partition, frame } of entries) {
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
