import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineError } from '../../errors.ts'
import type { AppendEntry } from '../port.ts'
import type { Cluster } from './cluster.ts'
import { asEngineError, hasMoved, mayPass, type BrokerError } from './failures.ts'
import { placeKey, type Place } from './names.ts'
import { FrameQueue } from './packing.ts'
import { produce, type BatchSent, type BatchToSend } from './produce.ts'
import { RecordBatchWriter, type Producer } from './record-batch.ts'

const LANE = 'append'
const ATTEMPTS_MAX = 200
const RETRY_MS = 100
const NO_TRANSACTION = null
const NO_PRODUCER = { id: -1n, epoch: -1 }
/** Sequences are counted modulo 2^31. */
export const SEQUENCES = 2 ** 31
const TRANSACTION_MS_UNUSED = 60_000
/** The broker has the batch: an answer was lost, not the records. */
const DUPLICATE = 'DUPLICATE_SEQUENCE_NUMBER'

/** One call of `append`: it is done when all its frames are. */
interface Call {
  readonly resolve: () => void
  readonly reject: (error: EngineError) => void
  left: number
}

interface PartitionQueue {
  readonly place: Place
  readonly frames: FrameQueue<Call>
  /** Whom the sequence belongs to; a new producer begins at 0. */
  producer: Producer | undefined
  sequence: number
  isSending: boolean
}

interface Sending {
  readonly queue: PartitionQueue
  readonly batch: Buffer
  readonly records: number
  readonly done: readonly Call[]
  attempts: number
}

/**
 * Appends outside of transactions, idempotently: every partition has a sequence of its own and one batch under
 * way, and a batch without an answer is sent again as it was, so that the broker can tell that it has it.
 * Frames of calls meanwhile wait and share the next batch.
 */
export class Appender {
  private readonly cluster: Cluster
  private readonly onWritten: (place: Place, end: number) => void
  private readonly queues = new Map<string, PartitionQueue>()
  private readonly writer = new RecordBatchWriter()
  private readonly calls = new Set<Promise<void>>()
  private producer: Promise<Producer> | undefined
  private isScheduled = false

  /** `onWritten` hears where a batch ends. */
  constructor(cluster: Cluster, onWritten: (place: Place, end: number) => void) {
    this.cluster = cluster
    this.onWritten = onWritten
  }

  /** Resolves when every frame is on all replicas in sync. Topics are named as on the brokers. */
  append(entries: readonly AppendEntry[]): Promise<void> {
    const left = entries.filter(({ frame }) => frame.count > 0).length
    if (left === 0) return Promise.resolve()
    const appending = new Promise<void>((resolve, reject) => {
      const call: Call = { resolve, reject, left }
      for (const { topic, partition, frame } of entries)
        this.queueOf(topic, partition).frames.push(frame, call)
    })
    this.calls.add(appending)
    const forget = (): void => void this.calls.delete(appending)
    appending.then(forget, forget)
    this.schedule()
    return appending
  }

  /** Resolves when every call so far is done. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.calls)
  }

  private queueOf(topic: string, partition: number): PartitionQueue {
    const key = placeKey(topic, partition)
    let queue = this.queues.get(key)
    if (queue === undefined) {
      const frames = new FrameQueue<Call>()
      queue = { place: { topic, partition }, frames, producer: undefined, sequence: 0, isSending: false }
      this.queues.set(key, queue)
    }
    return queue
  }

  /** Calls of one turn share batches. */
  private schedule(): void {
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      void this.start()
    })
  }

  private async start(): Promise<void> {
    let producer: Producer
    try {
      producer = await (this.producer ??= this.cluster.persist(() => this.newProducer()))
    } catch (error) {
      this.producer = undefined
      for (const queue of this.queues.values()) {
        if (!queue.isSending) fail(queue.frames.clear(), asEngineError(error))
      }
      return
    }
    const ready = [...this.queues.values()].filter(({ isSending, frames }) => !isSending && !frames.isEmpty)
    this.sendAll(ready.map((queue) => this.pack(queue, producer)))
  }

  private async newProducer(): Promise<Producer> {
    const { initProducerIdV4 } = this.cluster.library
    const { id, epoch } = NO_PRODUCER
    const answer = await this.cluster.askAny(
      initProducerIdV4.api,
      NO_TRANSACTION,
      TRANSACTION_MS_UNUSED,
      id,
      epoch,
    )
    return { id: answer.producerId, epoch: answer.producerEpoch, isTransactional: false }
  }

  private pack(queue: PartitionQueue, producer: Producer): Sending {
    if (queue.producer !== producer) {
      queue.producer = producer
      queue.sequence = 0
    }
    const done = queue.frames.pack(this.writer)
    const records = this.writer.count
    const batch = this.writer.take(producer, queue.sequence, this.cluster.library.crc32c)
    queue.sequence = (queue.sequence + records) % SEQUENCES
    queue.isSending = true
    return { queue, batch, records, done, attempts: 1 }
  }

  /** Leaders are waited for apart, or a dead one would hold up the others. */
  private sendAll(sendings: readonly Sending[]): void {
    const byLeader = Map.groupBy(sendings, ({ queue: { place } }) =>
      this.cluster.leader(place.topic, place.partition),
    )
    for (const ofLeader of byLeader.values()) void this.send(ofLeader)
  }

  private async send(sendings: readonly Sending[]): Promise<void> {
    const batches = sendings.map(({ queue, batch }): BatchToSend => ({ ...queue.place, batch }))
    const results = await produce(this.cluster, LANE, NO_TRANSACTION, batches)
    const again: Sending[] = []
    for (const [index, sending] of sendings.entries()) {
      const { failure } = this.settle(sending, results[index]!)
      if (failure !== undefined) again.push(sending)
    }
    if (again.length > 0) await this.retry(again, results)
    this.schedule()
  }

  /** Answers the failure after which the batch is to be sent again. */
  private settle(sending: Sending, result: BatchSent): { readonly failure?: BrokerError } {
    const { queue, records, done } = sending
    const { failure } = result
    if (failure !== undefined && failure.code !== DUPLICATE) {
      if (mayPass(failure) && sending.attempts++ < ATTEMPTS_MAX) return { failure }
      this.giveUp(sending, asEngineError(failure))
      return {}
    }
    if (failure === undefined) this.onWritten(queue.place, result.baseOffset + records)
    for (const call of done) if (--call.left === 0) call.resolve()
    queue.isSending = false
    return {}
  }

  private async retry(sendings: readonly Sending[], results: readonly BatchSent[]): Promise<void> {
    await sleep(RETRY_MS)
    if (results.some(({ failure }) => failure !== undefined && hasMoved(failure))) {
      await this.cluster.refresh().catch(() => undefined)
    }
    this.sendAll(sendings)
  }

  /** Whether the batch arrived is not known, so nothing may follow in its sequence: a new producer begins anew. */
  private giveUp({ queue, done }: Sending, error: EngineError): void {
    this.producer = undefined
    queue.isSending = false
    fail(done, error)
    fail(queue.frames.clear(), error)
  }
}

/** A call that failed twice has failed once: later settlements of a promise do nothing. */
const fail = (calls: readonly Call[], error: EngineError): void => {
  for (const call of calls) call.reject(error)
}
