import { hashKey } from '../hash.ts'
import { ABSENT, NO_SLOT, RowTable } from './table.ts'
import type { ScanOptions, StateRow, StateWrite, TaskStorage } from './port.ts'
import type { RowExpiry } from './row-expiry.ts'
import { StoreScan } from './store-scan.ts'

/** Changed since the last commit was prepared. */
const TOUCHED = 1
/** Changed since it was last written to disk; in the write-behind queue. */
const DIRTY = 2
/** In a disk write that is under way. */
const WRITING = 4
/** Used since the eviction hand last passed. */
const USED = 8
/** Waiting to be fetched. */
const MISSING = 16

/** To be repeated in the next block, though it has not changed. */
const REPEATED = 32

const HELD = TOUCHED | DIRTY | WRITING | MISSING | REPEATED

/** What `look` answers where there is no row, and where only the disk knows. */
export const NO_ROW = -1
export const ON_DISK = -2

/** What came of some rows on disk. */
export interface SweptRows {
  /** The last key; undefined after the last page. */
  readonly last: Buffer | undefined
  /** About how many bytes it took: of the changelog where rows are repeated, else of the disk. */
  readonly bytes: number
}

/** As `SweptRows`, of rows that were only looked at. */
export interface LookedRows extends SweptRows {
  /** Some of them have ended, unless they have changed since. */
  readonly haveEnded: boolean
}

/** Rows read at once when a whole store is loaded. */
const LOAD_ROWS = 4096

/**
 * One processor's rows: a table in memory over rows on disk. Changes stay in memory (they are safe in the
 * changelog) and are written behind; rows that were written may be evicted and fetched again.
 */
export class Store {
  readonly name: string
  /** Stands for the name on disk and in the changelog. */
  readonly number: number
  readonly table = new RowTable()
  /** Slots changed since the last commit was prepared, each once. */
  touched: number[] = []
  /** Which rows may be removed; undefined where all are kept. Set by the task that runs the processor. */
  expiry: RowExpiry | undefined
  /** Every row that exists is in memory, so a key not found needs no look at the disk. */
  private complete: boolean
  private readonly disk: TaskStorage
  private missing: number[] = []
  /** Slots of rows whose removal is on disk: nothing needs them, once no batch holds them. */
  private removed: number[] = []
  private repeated: number[] = []
  private hand = 0
  /** Slots freed so far. What was read from disk before one was freed may be older than the row that lay there. */
  private freed = 0

  constructor(name: string, number: number, disk: TaskStorage) {
    this.name = name
    this.number = number
    this.disk = disk
    this.complete = disk.sequence() === 0
  }

  get hasMissing(): boolean {
    return this.missing.length > 0
  }

  /** Slot of a key about to be used; queued for `fetch` if only the disk knows its row. */
  want(key: Uint8Array, start: number, end: number, hash = hashKey(key, start, end) | 0): number {
    const table = this.table
    const found = table.find(key, start, end, hash)
    const slot = found === NO_SLOT ? table.upsert(key, start, end, hash) : found
    if (found === NO_SLOT && !this.complete) {
      table.flags[slot] = MISSING
      this.missing.push(slot)
    }
    table.flags[slot]! |= USED
    return slot
  }

  /** One read for every key that `want` found missing. */
  async fetch(): Promise<void> {
    const slots = this.missing
    if (slots.length === 0) return
    this.missing = []
    const rows = await this.disk.getMany(
      this.number,
      slots.map((slot) => this.table.keyCopy(slot)),
    )
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index]!
      this.table.flags[slot]! &= ~MISSING
      const row = rows[index]
      if (row !== undefined) this.table.set(slot, row, 0, row.length)
    }
  }

  set(slot: number, source: Buffer, start: number, end: number): void {
    this.table.set(slot, source, start, end)
    this.touch(slot)
  }

  /** As `set`, from memory whose `DataView` is at hand. */
  setFrom(slot: number, source: DataView, start: number, end: number): void {
    this.table.setFrom(slot, source, start, end)
    this.touch(slot)
  }

  remove(slot: number): void {
    if (this.table.valueLength(slot) === ABSENT) return
    this.table.setAbsent(slot)
    this.touch(slot)
  }

  private touch(slot: number): void {
    const flags = this.table.flags
    if ((flags[slot]! & TOUCHED) === 0) this.touched.push(slot)
    flags[slot]! |= TOUCHED | USED
  }

  /** Starts the next commit's list; answers the slots changed for this one. */
  takeTouched(): number[] {
    const slots = this.touched
    this.touched = []
    for (const slot of slots) this.table.flags[slot]! &= ~TOUCHED
    return slots
  }

  /** Answers the slots to be repeated, of rows that did not change for the same block. Call it before `takeTouched`. */
  takeRepeated(): number[] {
    const flags = this.table.flags
    const slots = this.repeated.filter((slot) => (flags[slot]! & TOUCHED) === 0)
    for (const slot of this.repeated) flags[slot]! &= ~REPEATED
    this.repeated = []
    return slots
  }

  /** Every row in memory comes again in the next block. */
  repeatAll(): void {
    for (let slot = 0; slot < this.table.slotsEnd; slot++) if (this.table.isUsed(slot)) this.repeat(slot)
  }

  /**
   * Rows on disk after a key come again in the next block, as they are now, but for those that have ended: these are
   * removed. What is not yet on disk as it is now is not repeated: it lies in a block that is still needed. Call it
   * between batches.
   */
  async repeatFrom(after: Buffer | undefined, limit: number): Promise<SweptRows> {
    const rows = await this.rowsOnDisk(after, limit)
    let bytes = 0
    for (const row of rows) {
      const { key, value } = row
      let slot = this.table.find(key, 0, key.length)
      if (this.removeEnded(row, slot)) {
        bytes += key.length
        continue
      }
      if (slot === NO_SLOT) {
        slot = this.table.upsert(key, 0, key.length)
        this.table.set(slot, value, 0, value.length)
      }
      if ((this.table.flags[slot]! & (DIRTY | WRITING | MISSING)) !== 0) continue
      this.repeat(slot)
      bytes += key.length + value.length
    }
    return { last: lastOf(rows, limit), bytes }
  }

  /** Looks at rows on disk after a key, and changes nothing: it may go on beside a batch. */
  async lookFrom(after: Buffer | undefined, limit: number): Promise<LookedRows> {
    const rows = await this.scanDisk(after, limit)
    let bytes = 0
    let haveEnded = false
    for (const row of rows) {
      bytes += row.key.length + row.value.length
      haveEnded ||= this.expiry?.covers(row.value, 0, row.value.length) ?? false
    }
    return { last: lastOf(rows, limit), bytes, haveEnded }
  }

  /** Removes rows on disk after a key that have ended; answers the last key, none after the last page. Call it between batches. */
  async expireFrom(after: Buffer | undefined, limit: number): Promise<Buffer | undefined> {
    const rows = await this.rowsOnDisk(after, limit)
    for (const row of rows) this.removeEnded(row, this.table.find(row.key, 0, row.key.length))
    return lastOf(rows, limit)
  }

  /** Rows that are in memory too may be newer there; those that are not are as the disk has them. */
  private async rowsOnDisk(after: Buffer | undefined, limit: number): Promise<readonly StateRow[]> {
    for (;;) {
      const { freed } = this
      const rows = await this.scanDisk(after, limit)
      // A row that left memory meanwhile may be newer on disk than what was read.
      if (freed === this.freed) return rows
    }
  }

  private scanDisk(after: Buffer | undefined, limit: number): Promise<readonly StateRow[]> {
    return this.disk.scan(this.number, { limit, ...(after && { after }) })
  }

  /** Removes a row of the disk that has ended, as it is now: in memory, at a slot, if it is there. */
  private removeEnded({ key, value }: StateRow, slot: number): boolean {
    const { expiry, table } = this
    if (expiry === undefined) return false
    const hasEnded = slot === NO_SLOT ? expiry.covers(value, 0, value.length) : this.hasEnded(slot, expiry)
    if (!hasEnded) return false
    const removed = slot === NO_SLOT ? table.upsert(key, 0, key.length) : slot
    table.setAbsent(removed)
    this.touch(removed)
    expiry.removed++
    return true
  }

  private hasEnded(slot: number, expiry: RowExpiry): boolean {
    const { table } = this
    const length = table.valueLength(slot)
    if (length === ABSENT || (table.flags[slot]! & MISSING) !== 0) return false
    const start = table.valueStart(slot)
    return expiry.covers(table.buffer(slot), start, start + length)
  }

  private repeat(slot: number): void {
    const flags = this.table.flags
    if ((flags[slot]! & REPEATED) === 0) this.repeated.push(slot)
    flags[slot]! |= REPEATED
  }

  /** Whether the slot was clean until now: it then joins the write-behind queue. */
  markDirty(slot: number): boolean {
    const flags = this.table.flags
    const wasClean = (flags[slot]! & DIRTY) === 0
    flags[slot]! |= DIRTY
    return wasClean
  }

  /** Puts the row as it stands into a disk write. */
  writeTo(write: StateWrite, slot: number): void {
    const table = this.table
    const key = table.buffer(slot).subarray(table.keyStart(slot), table.valueStart(slot))
    const value = table.value(slot)
    if (value === undefined) write.remove(this.number, key)
    else write.put(this.number, key, value)
    table.flags[slot] = (table.flags[slot]! & ~DIRTY) | WRITING
  }

  written(slot: number): void {
    this.table.flags[slot]! &= ~WRITING
    if (this.table.valueLength(slot) === ABSENT) this.removed.push(slot)
  }

  /** Frees the memory of removed rows; call it only between batches. */
  dropRemoved(): void {
    const table = this.table
    for (const slot of this.removed) {
      const free =
        table.isUsed(slot) && table.valueLength(slot) === ABSENT && (table.flags[slot]! & HELD) === 0
      if (!free) continue
      table.remove(slot)
      this.freed++
    }
    this.removed = []
  }

  /** A row restored from the changelog: newer than the disk's. Answers its slot. */
  restore(key: Buffer, keyStart: number, keyEnd: number, row: DataView, start: number, end: number): number {
    const slot = this.table.upsert(key, keyStart, keyEnd)
    if (end < start) this.table.setAbsent(slot)
    else this.table.setFrom(slot, row, start, end)
    return slot
  }

  /** Frees about `bytes` of rows that the disk also holds, least used first (second chance). */
  evict(bytes: number): number {
    const table = this.table
    const goal = table.liveBytes - bytes
    const steps = table.slotsEnd * 2
    for (let step = 0; step < steps && table.liveBytes > goal; step++) {
      if (this.hand >= table.slotsEnd) this.hand = 0
      const slot = this.hand++
      if (!table.isUsed(slot)) continue
      const flags = table.flags[slot]!
      if ((flags & HELD) !== 0) continue
      if ((flags & USED) !== 0) table.flags[slot] = flags & ~USED
      else {
        if (table.valueLength(slot) !== ABSENT) this.complete = false
        table.remove(slot)
        this.freed++
      }
    }
    return Math.max(0, table.liveBytes - goal)
  }

  /** Brings every row into memory, where this store must not be evicted from. */
  async loadAll(): Promise<void> {
    let after: Buffer | undefined
    for (;;) {
      const rows = await this.disk.scan(this.number, { limit: LOAD_ROWS, ...(after && { after }) })
      for (const row of rows) this.loadRow(row)
      if (rows.length < LOAD_ROWS) break
      after = rows.at(-1)!.key
    }
    this.complete = true
  }

  private loadRow(row: StateRow): void {
    if (this.table.find(row.key, 0, row.key.length) !== NO_SLOT) return
    const slot = this.table.upsert(row.key, 0, row.key.length)
    this.table.set(slot, row.value, 0, row.value.length)
  }

  /**
   * The slot of a row, for readers outside the task who read it where it lies, at once: no copy is made, and the
   * slot is theirs only until they next await. `NO_ROW`, or `ON_DISK` when `fetchMany` must be asked.
   */
  look(key: Uint8Array, start: number, end: number, hash = hashKey(key, start, end) | 0): number {
    const table = this.table
    const slot = table.find(key, start, end, hash)
    if (slot === NO_SLOT) return this.complete ? NO_ROW : ON_DISK
    const flags = table.flags[slot]!
    if ((flags & MISSING) !== 0) return ON_DISK
    table.flags[slot] = flags | USED
    return table.valueLength(slot) === ABSENT ? NO_ROW : slot
  }

  /**
   * One disk read for keys that `look` found `ON_DISK`; they are then in memory, those without a row as well,
   * for who is read once is read again. A row that came or changed meanwhile is answered as it is now. Copies.
   */
  async fetchMany(keys: readonly Uint8Array[]): Promise<(Buffer | undefined)[]> {
    const { freed } = this
    const rows = [...(await this.disk.getMany(this.number, keys))]
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!
      const slot = this.table.find(key, 0, key.length)
      if (slot === NO_SLOT) {
        if (freed === this.freed) this.remember(key, rows[index])
      } else if ((this.table.flags[slot]! & MISSING) === 0) rows[index] = copyOf(this.table.value(slot))
    }
    return rows
  }

  /** Takes a row that the disk holds into memory, as clean as one that was written. */
  private remember(key: Uint8Array, row: Buffer | undefined): void {
    const slot = this.table.upsert(key, 0, key.length)
    if (row !== undefined) this.table.set(slot, row, 0, row.length)
    this.table.flags[slot]! |= USED
  }

  /** Rows by key for readers outside the task; memory first, then one disk read. Copies. */
  async readMany(keys: readonly Uint8Array[]): Promise<(Buffer | undefined)[]> {
    const rows: (Buffer | undefined)[] = Array.from({ length: keys.length })
    const wanted: number[] = []
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!
      const slot = this.look(key, 0, key.length)
      if (slot === ON_DISK) wanted.push(index)
      else if (slot !== NO_ROW) rows[index] = copyOf(this.table.value(slot))
    }
    if (wanted.length === 0) return rows
    const found = await this.fetchMany(wanted.map((index) => keys[index]!))
    for (let index = 0; index < wanted.length; index++) rows[wanted[index]!] = found[index]
    return rows
  }

  /** Rows in key order, memory over disk: for people and tools, not for the hot path. */
  async scan(options: ScanOptions): Promise<StateRow[]> {
    const scan = new StoreScan(this.table, options, (slot) => (this.table.flags[slot]! & MISSING) === 0)
    // More rows may go while the disk is read: then it is read again, further.
    for (let limit = options.limit + scan.gone(); ; limit *= 2) {
      const disk = await this.disk.scan(this.number, { ...options, limit })
      const diskHasMore = disk.length === limit
      const rows = scan.over(disk, diskHasMore)
      if (rows.length >= options.limit || !diskHasMore) return rows
    }
  }
}

/** The last key of a page; undefined after the last page. */
const lastOf = (rows: readonly StateRow[], limit: number): Buffer | undefined =>
  rows.length === limit ? rows.at(-1)!.key : undefined

const copyOf = (row: Buffer | undefined): Buffer | undefined =>
  row === undefined ? undefined : Buffer.from(row)
