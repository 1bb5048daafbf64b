import { ByteWriter } from '../bytes.ts'
import { EngineError } from '../errors.ts'
import type { ChangelogBlock } from '../log/port.ts'
import {
  BlockCursor,
  CATALOGUE,
  CATALOGUE_NUMBER,
  ENTRY_HEADER_BYTES,
  REMOVED,
  REPEATED,
} from './block-cursor.ts'
import { ChangelogSweep } from './changelog-sweep.ts'
import { ExpirySweep } from './expiry-sweep.ts'
import type { StateWrite, TaskStorage } from './port.ts'
import { Store } from './store.ts'
import { ABSENT } from './table.ts'
import { WriteBehindQueue } from './write-behind-queue.ts'

export interface StateOptions {
  /** Rows and keys kept in memory; beyond it, rows that the disk also holds are evicted. */
  readonly cacheBytesMax: number
  /** Changelog that a restart may have to read again; beyond it, the oldest changes are written to disk. */
  readonly changelogBytesMax: number
  /**
   * Rows written behind in one commit, so that no commit stalls; twice what the commit itself changed, if that
   * is more, or the changelog would outgrow its limit.
   */
  readonly writeBehindRowsMax: number
  /** As `changelogBytesMax`, in commits: many small ones take as long to read again as a few large ones. */
  readonly changelogBlocksMax: number
}

export const STATE_DEFAULTS: StateOptions = {
  cacheBytesMax: 1 << 30,
  changelogBytesMax: 128 << 20,
  writeBehindRowsMax: 20_000,
  changelogBlocksMax: 20_000,
}

/** Evicting a little more than needed spares the next batches the search. */
const EVICTION_SLACK_BYTES = 1 << 20
/** What an entry's length bears in place of `REPEATED`. */
const CHANGED = 0
/** A commit without rows to write moves the disk's sequence on only this often. */
const IDLE_SEQUENCES_MAX = 256

/** What one commit does to the state: a block for the changelog, and rows to write behind. */
export interface PreparedCommit {
  readonly changelog: Buffer
  /** Once the log's commit is done, blocks up to this one hold nothing that later ones do not; 0 for none. */
  readonly droppable: number
  /** Writes rows behind; call it once the log's commit is done. Answers the sequence that the disk stands for. */
  finish(): Promise<number>
}

/**
 * The stores of one task and how they reach the disk. A commit puts every changed row into one changelog
 * block; the log makes that block durable together with outputs and positions. Rows go to disk later, oldest
 * change first, with the sequence that they stand for; a restart reads the blocks after it. So the disk is
 * never ahead of what is committed, and a key that changes a hundred times is written once.
 */
export class TaskState {
  private readonly stores = new Map<string, Store>()
  private readonly byNumber = new Map<number, Store>()
  private readonly resident = new Set<Store>()
  private readonly catalogue: Store
  private readonly disk: TaskStorage
  private readonly options: StateOptions
  private readonly block = new ByteWriter(1 << 16)
  private readonly cursor = new BlockCursor()
  private readonly queue = new WriteBehindQueue()
  private readonly sweep: ChangelogSweep
  private readonly expiry: ExpirySweep
  /** Sizes of the blocks that the disk does not stand for yet, oldest first, from `blocksFrom` on. */
  private blockBytes: number[] = []
  private blocksFrom: number
  private changelogBytes = 0

  private constructor(disk: TaskStorage, options: StateOptions) {
    this.disk = disk
    this.options = options
    this.blocksFrom = disk.sequence() + 1
    this.catalogue = this.addStore(CATALOGUE, CATALOGUE_NUMBER)
    this.resident.add(this.catalogue)
    this.sweep = new ChangelogSweep(this.catalogue, () => this.byNumber.values())
    this.expiry = new ExpirySweep(() => this.byNumber.values())
  }

  /** Opens a task's state and brings it up to the last commit by reading the blocks that the disk lacks. */
  static async open(
    disk: TaskStorage,
    changelog: (afterSequence: number) => AsyncIterable<ChangelogBlock>,
    options: StateOptions,
  ): Promise<TaskState> {
    const state = await TaskState.onDisk(disk, options)
    await state.catchUp(changelog(disk.sequence()))
    return state
  }

  /** Opens a task's state as the disk has it, to be brought up by `catchUp`. */
  static async onDisk(disk: TaskStorage, options: StateOptions): Promise<TaskState> {
    const state = new TaskState(disk, options)
    await state.catalogue.loadAll()
    for (const slot of usedSlots(state.catalogue)) state.adopt(slot)
    return state
  }

  /** Sequence of the last commit that it holds. */
  get sequence(): number {
    return this.blocksFrom + this.blockBytes.length - 1
  }

  /**
   * Takes in the blocks that follow. An empty state may begin with the first block `kept` of a changelog that is swept,
   * whatever its sequence.
   */
  async catchUp(
    blocks: AsyncIterable<ChangelogBlock> | Iterable<ChangelogBlock>,
    first: 'next' | 'kept' = 'next',
  ): Promise<void> {
    for await (const block of blocks) {
      if (this.sequence === 0 && first === 'kept') this.blocksFrom = block.sequence
      if (block.sequence !== this.sequence + 1) throw gap(this.sequence + 1, block.sequence)
      this.apply(block)
    }
  }

  /** Writes behind and evicts what its limits ask for, of a state that takes in blocks and commits nothing. */
  async settle(): Promise<void> {
    const write = this.disk.write()
    const written = this.writeBehind(write, this.sequence, this.options.writeBehindRowsMax)
    await this.flush(write, written, this.blocksFrom - 1)
    this.evict()
  }

  /** The store of a processor, made on first use. A resident store is wholly in memory. */
  async store(name: string, residency: 'cached' | 'resident' = 'cached'): Promise<Store> {
    const store = this.stores.get(name) ?? this.register(name)
    if (residency === 'resident' && !this.resident.has(store)) {
      await store.loadAll()
      this.resident.add(store)
    }
    return store
  }

  /** The store of a processor, if there is one already: for readers that cannot wait. */
  openStore(name: string): Store | undefined {
    return this.stores.get(name)
  }

  /** Bytes of rows in memory. */
  get liveBytes(): number {
    let bytes = 0
    for (const store of this.byNumber.values()) bytes += store.table.liveBytes
    return bytes
  }

  get changelogBacklogBytes(): number {
    return this.changelogBytes
  }

  /**
   * Repeats some old rows in the next block, so that old blocks can be dropped, and removes those that have ended; call
   * it between batches.
   */
  async repeat(): Promise<void> {
    await this.sweep.advance(this.disk.sequence(), this.sequence)
  }

  /** Removes some rows that have ended, where none are repeated; call it between batches. */
  async expire(monotonicMs: number): Promise<void> {
    await this.expiry.advance(monotonicMs)
  }

  /** Collects what changed since the last commit; `sequence` is the one that the log will give. */
  prepare(sequence: number, flushAll = false): PreparedCommit {
    this.block.reset()
    const waiting = this.queue.length
    for (const store of this.byNumber.values()) {
      for (const slot of store.takeRepeated()) this.appendEntry(store, slot, REPEATED)
    }
    const repeatedBytes = this.block.position
    for (const store of this.byNumber.values()) {
      for (const slot of store.takeTouched()) {
        this.appendEntry(store, slot, CHANGED)
        this.enqueue(store, slot, sequence)
      }
    }
    const changelog = this.block.copy()
    const changedBytes = changelog.length - repeatedBytes
    const droppable = this.sweep.prepared(changedBytes)
    this.expiry.prepared(changedBytes)
    this.noteBlock(changelog.length)
    const write = this.disk.write()
    const rowsMax = Math.max(this.options.writeBehindRowsMax, 2 * (this.queue.length - waiting))
    const written = this.writeBehind(write, sequence, flushAll ? Infinity : rowsMax)
    const upTo = this.blocksFrom - 1
    return { changelog, droppable, finish: () => this.flush(write, written, upTo) }
  }

  /** Makes room; call it only between batches, for a batch holds slots. */
  evict(): void {
    for (const store of this.byNumber.values()) store.dropRemoved()
    let over = this.liveBytes - this.options.cacheBytesMax
    if (over <= 0) return
    over += EVICTION_SLACK_BYTES
    for (const store of [...this.byNumber.values()].sort((a, b) => b.table.liveBytes - a.table.liveBytes)) {
      if (over <= 0) return
      if (!this.resident.has(store)) over = store.evict(over)
    }
  }

  async close(): Promise<void> {
    await this.expiry.rest()
    await this.disk.close()
  }

  private async flush(write: StateWrite, written: WriteBehindQueue, upTo: number): Promise<number> {
    if (written.length === 0 && upTo - this.disk.sequence() < IDLE_SEQUENCES_MAX) return this.disk.sequence()
    await write.commit(upTo)
    for (; written.length > 0; written.drop()) {
      this.byNumber.get(written.frontStore)!.written(written.frontSlot)
    }
    return upTo
  }

  private appendEntry(store: Store, slot: number, flag: typeof CHANGED | typeof REPEATED): void {
    const table = store.table
    const keyStart = table.keyStart(slot)
    const valueLength = table.valueLength(slot)
    const bytes = table.keyLength(slot) + Math.max(0, valueLength)
    const block = this.block
    block.reserve(ENTRY_HEADER_BYTES + bytes)
    block.u16(store.number)
    block.u16(table.keyLength(slot))
    block.u32(valueLength === ABSENT ? REMOVED : flag + valueLength)
    block.copyFrom(table.data(slot), keyStart, keyStart + bytes)
  }

  private enqueue(store: Store, slot: number, sequence: number): void {
    if (store.markDirty(slot)) this.queue.push(store.number, slot, sequence)
  }

  private noteBlock(bytes: number): void {
    this.blockBytes.push(bytes)
    this.changelogBytes += bytes
  }

  /**
   * Takes the oldest changes out of the queue until the changelog that a restart needs is short enough, or all
   * of them if there is no limit.
   */
  private writeBehind(write: StateWrite, sequence: number, rowsMax: number): WriteBehindQueue {
    const written = new WriteBehindQueue()
    const wanted = rowsMax === Infinity ? () => true : () => this.changelogIsLong()
    while (this.queue.length > 0 && written.length < rowsMax && wanted()) {
      const store = this.queue.frontStore
      const slot = this.queue.frontSlot
      this.queue.drop()
      this.byNumber.get(store)!.writeTo(write, slot)
      written.push(store, slot, sequence)
      this.forgetBlocks(sequence)
    }
    this.forgetBlocks(sequence)
    return written
  }

  private changelogIsLong(): boolean {
    return (
      this.changelogBytes > this.options.changelogBytesMax ||
      this.blockBytes.length > this.options.changelogBlocksMax
    )
  }

  /** Blocks before the oldest change still queued are no longer needed. */
  private forgetBlocks(sequence: number): void {
    const oldest = this.queue.length === 0 ? sequence + 1 : this.queue.frontSequence
    while (this.blocksFrom < oldest) {
      this.changelogBytes -= this.blockBytes.shift() ?? 0
      this.blocksFrom++
    }
  }

  private apply(block: ChangelogBlock): void {
    const { cursor } = this
    cursor.over(block)
    while (cursor.next()) {
      const { bytes, data, keyStart, keyEnd, rowEnd } = cursor
      const store = this.byNumber.get(cursor.store)
      if (store === undefined) throw unnamed(block.sequence, cursor.store)
      const slot = store.restore(bytes, keyStart, keyEnd, data, keyEnd, rowEnd)
      this.enqueue(store, slot, block.sequence)
      if (store === this.catalogue) this.adopt(slot)
    }
    this.noteBlock(block.bytes.length)
  }

  /** Makes the store that a catalogue row names. */
  private adopt(slot: number): void {
    const name = this.catalogue.table.keyCopy(slot).toString()
    const number = this.catalogue.table.value(slot)?.readUInt16LE(0)
    if (number !== undefined && !this.byNumber.has(number)) this.addStore(name, number)
  }

  private register(name: string): Store {
    const number = Math.max(...this.byNumber.keys()) + 1
    const key = Buffer.from(name)
    const value = Buffer.alloc(2)
    value.writeUInt16LE(number)
    this.catalogue.set(this.catalogue.table.upsert(key, 0, key.length), value, 0, value.length)
    return this.addStore(name, number)
  }

  private addStore(name: string, number: number): Store {
    const store = new Store(name, number, this.disk)
    this.stores.set(name, store)
    this.byNumber.set(number, store)
    return store
  }
}

const usedSlots = (store: Store): number[] =>
  Array.from({ length: store.table.slotsEnd }, (_, slot) => slot).filter((slot) => store.table.isUsed(slot))

const gap = (expected: number, found: number): EngineError =>
  new EngineError(
    'STATE_CORRUPT',
    `the changelog goes on at ${found}, but the state on disk needs it from ${expected}: restore this data directory's backup`,
  )

/** A store's name is in the changelog before, or in the same block as, its first row. */
const unnamed = (sequence: number, number: number): EngineError =>
  new EngineError(
    'STATE_CORRUPT',
    `changelog block ${sequence} has a row of store ${number}, which has no name`,
  )
