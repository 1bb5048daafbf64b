import { setTimeout as sleep } from 'node:timers/promises'
import { FrameWriter } from '../frame.ts'
import type { AppendEntry } from '../port.ts'
import { SEQUENCES } from './appender.ts'
import { MARKERS_MS, type Cluster } from './cluster.ts'
import { NO_TRANSACTION, TransactionCoordinator, type Ending, type LastTransaction } from './coordinator.ts'
import { hasMoved } from './failures.ts'
import { placeKey, type Place } from './names.ts'
import { openPlaces } from './open-places.ts'
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
 * What is not known of the last commit, and what clears it up.
 *
 * - `none`: nothing; it is committed, or was never begun.
 * - `open`: brokers may hold records that are neither committed nor taken back, or one that is a commit by itself.
 *   A higher epoch takes the first back; the changelog's end says whether the second is there.
 * - `asked`: the coordinator may have been asked to commit. It may only be committed, and is asked until it answers.
 */
export type Doubt = 'none' | 'open' | 'asked'

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
 *
 * A coordinator of Kafka 4.3 and 4.4 may call a transaction over without telling so the partitions that have no leader
 * just then (KAFKA-20734). What it leaves open there would end with whatever transaction comes next, committed though
 * it was taken back, or the other way round. So leaders are asked what is open, of a partition before it is written to
 * first and of the last transaction's after any sign that a broker died, and it is ended as it should have been.
 */
export class Transactions {
  doubt: Doubt = 'none'
  /** Where the records end that the last commit wrote, as far as the leaders said, whether or not it is one. */
  written: readonly Written[] = []
  private readonly cluster: Cluster
  private readonly lane: string
  private readonly id: string
  private readonly own: Place
  private readonly coordinator: TransactionCoordinator
  private readonly writer = new RecordBatchWriter()
  /** Next sequence of each partition, counted anew by every epoch. */
  private readonly sequences = new Map<string, number>()
  private producer: Producer = NEW_PRODUCER
  /** The last transaction that may have been left open somewhere; undefined until the owner before was asked about. */
  private left: LastTransaction | undefined
  /** How what the owner before left open in other partitions than those was to end. */
  private endingBefore: Ending = 'take back'
  /** Partitions where that owner has left nothing open: once this one has begun, its own is one of them. */
  private readonly clean: Set<string>
  /** Disturbances of the cluster that all was found ended after. */
  private calmAt = 0

  /** Only the owner of the id writes to `own`. */
  constructor(cluster: Cluster, lane: string, transactionalId: string, own: Place, timeoutMs: number) {
    this.cluster = cluster
    this.lane = lane
    this.id = transactionalId
    this.own = own
    this.clean = new Set([placeKey(own.topic, own.partition)])
    this.coordinator = new TransactionCoordinator(cluster, lane, transactionalId, timeoutMs)
  }

  /**
   * Takes the id over; later, raises the epoch of an owner that is in doubt, which ends what it left open: what
   * was asked to be committed is committed, all else taken back. Throws `FENCED` when it is owned no more.
   */
  async begin(): Promise<void> {
    await this.cluster.persist(() => this.takeOver())
    this.doubt = 'none'
  }

  /** Whether the last commit may be open somewhere: since it was made there was a sign that a broker died. */
  get mayBeLeft(): boolean {
    const isCommitted = this.doubt === 'none' && this.left !== undefined && this.left !== NO_TRANSACTION
    return isCommitted && this.cluster.disturbances !== this.calmAt
  }

  /** Writes entries and commits them. Throws an `EngineError` with `doubt` saying what is to be cleared up. */
  async commit(entries: readonly AppendEntry[]): Promise<readonly Written[]> {
    const records = entries.filter(({ frame }) => frame.count > 0)
    this.written = []
    return this.isOneRecord(records) ? this.append(records) : this.transact(records)
  }

  private async takeOver(): Promise<void> {
    this.left ??= await this.leftBefore()
    if (this.doubt === 'asked') await this.coordinator.commitAtLast(this.producer)
    await this.raise()
    await this.endLeft(this.left)
    this.left = NO_TRANSACTION
    await this.showEpoch()
  }

  /**
   * Raising the epoch, the coordinator forgets how the owner before ended: it is asked first, and the epoch is not raised
   * before the leaders are there that are asked next, for who died in between would leave nobody who knows.
   */
  private async leftBefore(): Promise<LastTransaction> {
    const last = await this.coordinator.lastTransaction()
    await this.openOf([this.own, ...last.places])
    this.endingBefore = last.ending
    return last
  }

  private async raise(): Promise<void> {
    this.producer = await this.coordinator.raise(this.producer)
    this.doubt = 'open'
    this.sequences.clear()
  }

  private openOf(places: readonly Place[]): Promise<readonly Place[]> {
    return openPlaces(this.cluster, this.lane, this.producer.id, places)
  }

  /**
   * By a transaction without records of its own: its end is that of what is open there. Its own partition is always asked
   * about, so that an epoch is not shown, and the next one not asked for, before it has a leader.
   */
  private async endLeft({ places, ending }: LastTransaction): Promise<void> {
    const asked = [this.own, ...places.filter((place) => !isSame(place, this.own))]
    for (;;) {
      const disturbances = this.cluster.disturbances
      const open = await this.openOf(asked)
      if (open.length === 0) {
        this.calmAt = disturbances
        return
      }
      if (ending === 'commit') this.doubt = 'asked'
      await this.coordinator.add(this.producer, open)
      await this.coordinator.end(this.producer, ending)
      await this.raise()
    }
  }

  /**
   * A record that is taken back: once the leader has it, it refuses every batch of an earlier epoch. It is taken back
   * too where the leader did not have it: a coordinator that is asked for the next epoch while a transaction is open
   * may raise it twice, and then refuses who asks with the one it knows.
   */
  private async showEpoch(): Promise<void> {
    await this.coordinator.add(this.producer, [this.own])
    try {
      await this.send(outgoingOf([{ ...this.own, frame: ONE_RECORD }]))
    } finally {
      await this.coordinator.end(this.producer, 'take back')
    }
  }

  private async transact(entries: readonly AppendEntry[]): Promise<readonly Written[]> {
    const outgoing = outgoingOf(entries)
    const written = new Map<string, Written>()
    const places = outgoing.map(({ place }) => place)
    await this.join(places)
    for (let left = outgoing; left.length > 0; left = left.filter(({ frames }) => !frames.isEmpty)) {
      for (const each of await this.send(left)) {
        written.set(placeKey(each.place.topic, each.place.partition), each)
      }
    }
    this.written = [...written.values()]
    this.doubt = 'asked'
    this.left = { places, ending: 'commit' }
    await this.coordinator.end(this.producer, 'commit')
    this.doubt = 'none'
    return this.written
  }

  /** Begins a transaction over partitions that hold nothing open. */
  private async join(places: readonly Place[]): Promise<void> {
    await this.clear(places)
    while ((await this.addPlaces(places)) === 'disturbed') await this.begin()
    this.doubt = 'open'
    this.left = { places, ending: 'take back' }
  }

  /** Ends what the owner before left open where this one has not written yet. */
  private async clear(places: readonly Place[]): Promise<void> {
    const unknown = places.filter(({ topic, partition }) => !this.clean.has(placeKey(topic, partition)))
    if (unknown.length === 0) return
    if (this.mayBeLeft) await this.begin()
    const open = await this.openOf(unknown)
    if (open.length > 0) {
      this.left = { places: open, ending: this.endingBefore }
      await this.begin()
    }
    for (const { topic, partition } of unknown) this.clean.add(placeKey(topic, partition))
  }

  /**
   * Adds partitions to the transaction, after which the coordinator calls the one before over. Disturbed where a broker
   * showed a sign of dying since all was found ended: that one may then be open somewhere, and this one, which is empty,
   * may only be committed, for it may end in a partition what was committed before.
   */
  private async addPlaces(places: readonly Place[]): Promise<'calm' | 'disturbed'> {
    this.doubt = 'asked'
    await this.coordinator.add(this.producer, places)
    if (this.left === NO_TRANSACTION) this.calmAt = this.cluster.disturbances
    return this.cluster.disturbances === this.calmAt ? 'calm' : 'disturbed'
  }

  private isOneRecord([first, ...more]: readonly AppendEntry[]): boolean {
    const isOwn = first?.topic === this.own.topic && first.partition === this.own.partition
    return isOwn && first.frame.count === 1 && more.length === 0 && this.producer.epoch < EPOCH_ALONE_MAX
  }

  /** It is committed as soon as the leader has it. */
  private async append(entries: readonly AppendEntry[]): Promise<Written[]> {
    const { batches, counts } = this.batchesOf(outgoingOf(entries), false)
    this.doubt = 'open'
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
}

const isSame = (one: Place, other: Place): boolean =>
  one.topic === other.topic && one.partition === other.partition

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
