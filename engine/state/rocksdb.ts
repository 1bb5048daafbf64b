import { EngineError } from '../errors.ts'
import type { Database } from '../storage/database.ts'
import { NameTable } from '../storage/names.ts'
import { RowBatch } from '../storage/row-batch.ts'
import { afterPrefix, readU64, writeU64 } from '../storage/row-key.ts'
import { checkScan, checkStore } from './rows.ts'
import type { ScanOptions, StateRow, StateStorage, StateWrite, TaskStorage } from './port.ts'

/**
 * Rows of column `state`: `task u16 · store u16 · key` is a row, `task u16` alone the sequence that the
 * task's rows stand for. The database is its opener's to close, after the tasks.
 */
export class RocksState implements StateStorage {
  private readonly database: Database
  private readonly names: NameTable
  private closed = false

  private constructor(database: Database, names: NameTable) {
    this.database = database
    this.names = names
  }

  static async open(database: Database): Promise<RocksState> {
    return new RocksState(database, await NameTable.load(database, 'state'))
  }

  async open(taskId: string): Promise<TaskStorage> {
    this.assertOpen()
    const task = this.names.number(taskId)
    const [row] = await this.database.getMany('state', [sequenceKey(task)])
    return new RocksTaskStorage(this.database, task, sequenceOf(row), () => this.assertOpen())
  }

  async stored(): Promise<ReadonlyMap<string, number>> {
    this.assertOpen()
    const names = [...this.names.names()]
    const rows = await this.database.getMany(
      'state',
      names.map(([, task]) => sequenceKey(task)),
    )
    const stored = new Map<string, number>()
    for (const [index, [name]] of names.entries()) {
      const sequence = sequenceOf(rows[index])
      if (sequence > 0) stored.set(name, sequence)
    }
    return stored
  }

  /** A page at a time; the sequence goes last, so that a task whose rows are half gone is not taken for an empty one. */
  async drop(taskId: string): Promise<void> {
    this.assertOpen()
    const task = this.names.number(taskId)
    const key = sequenceKey(task)
    const lt = afterPrefix(key)
    for (;;) {
      const page = await this.database.page('state', { gt: key, ...(lt && { lt }), keysOnly: true })
      const batch = this.database.batch()
      for (let at = 0; at < page.rows.length; at += 2) batch.remove('state', page.rows[at]!)
      if (page.finished) batch.remove('state', key)
      this.database.write(batch)
      if (page.finished) return
    }
  }

  async close(): Promise<void> {
    this.closed = true
  }

  private assertOpen(): void {
    if (this.closed) throw new EngineError('CLOSED', 'the state was closed')
    this.database.assertOpen()
  }
}

class RocksTaskStorage implements TaskStorage {
  private readonly database: Database
  private readonly task: number
  private readonly assertStateOpen: () => void
  private written: number
  /** Memory of the last write. */
  private spare: RowBatch | undefined
  private closed = false

  constructor(database: Database, task: number, sequence: number, assertStateOpen: () => void) {
    this.database = database
    this.task = task
    this.written = sequence
    this.assertStateOpen = assertStateOpen
  }

  sequence(): number {
    return this.written
  }

  async getMany(store: number, keys: readonly Uint8Array[]): Promise<readonly (Buffer | undefined)[]> {
    this.assertOpen()
    checkStore(store)
    return this.database.getMany(
      'state',
      keys.map((key) => rowKey(this.task, store, key)),
    )
  }

  async scan(store: number, options: ScanOptions): Promise<readonly StateRow[]> {
    this.assertOpen()
    checkStore(store)
    checkScan(options)
    const { prefix, after, limit } = options
    const lowest = rowKey(this.task, store, prefix ?? EMPTY)
    const end = afterPrefix(lowest)
    const found: StateRow[] = []
    let last = after === undefined ? undefined : rowKey(this.task, store, after)
    if (last !== undefined && Buffer.compare(last, lowest) < 0) last = undefined
    if (last !== undefined && end !== undefined && Buffer.compare(last, end) >= 0) return found
    while (found.length < limit) {
      const { rows, finished } = await this.database.page('state', {
        ...(last === undefined ? { gte: lowest } : { gt: last }),
        ...(end && { lt: end }),
        rowsMax: limit - found.length,
      })
      for (let at = 0; at < rows.length; at += 2) {
        found.push({ key: rows[at]!.subarray(PREFIX_BYTES), value: rows[at + 1]! })
      }
      if (finished) break
      last = rows.at(-2)!
    }
    return found
  }

  write(): StateWrite {
    this.assertOpen()
    const batch = this.spare ?? new RowBatch()
    this.spare = undefined
    return new RocksStateWrite(this.task, batch, (sequence) => this.finish(batch, sequence))
  }

  async close(): Promise<void> {
    this.closed = true
  }

  private async finish(batch: RowBatch, sequence: number): Promise<void> {
    this.assertOpen()
    // Last: rows may be written without it, and are then made anew from the changelog, but never it without them.
    batch.putPlain(sequenceKey(this.task), sequenceRow(sequence))
    // Not synced: rows follow from the changelog, which lies before them in the same write-ahead log.
    await this.database.writeRows('state', batch)
    this.written = sequence
    batch.clear()
    this.spare = batch
  }

  private assertOpen(): void {
    if (this.closed) throw new EngineError('CLOSED', 'the state of this task was closed')
    this.assertStateOpen()
  }
}

class RocksStateWrite implements StateWrite {
  private readonly task: number
  private readonly batch: RowBatch
  private readonly finish: (sequence: number) => Promise<void>

  constructor(task: number, batch: RowBatch, finish: (sequence: number) => Promise<void>) {
    this.task = task
    this.batch = batch
    this.finish = finish
  }

  get rows(): number {
    return this.batch.rows
  }

  put(store: number, key: Uint8Array, value: Uint8Array): void {
    checkStore(store)
    this.batch.put(prefixOf(this.task, store), key, value)
  }

  remove(store: number, key: Uint8Array): void {
    checkStore(store)
    this.batch.remove(prefixOf(this.task, store), key)
  }

  async commit(sequence: number): Promise<void> {
    await this.finish(sequence)
  }
}

const PREFIX_BYTES = 4
/** Store numbers have 16 bits. */
const STORES = 0x1_0000
const EMPTY = Buffer.alloc(0)

const prefixOf = (task: number, store: number): number => task * STORES + store

const rowKey = (task: number, store: number, key: Uint8Array): Buffer => {
  const row = Buffer.allocUnsafe(PREFIX_BYTES + key.length)
  row.writeUInt32BE(prefixOf(task, store), 0)
  row.set(key, PREFIX_BYTES)
  return row
}

const sequenceKey = (task: number): Buffer => {
  const key = Buffer.allocUnsafe(2)
  key.writeUInt16BE(task, 0)
  return key
}

const sequenceOf = (row: Buffer | undefined): number => (row === undefined ? 0 : readU64(row, 0))

const sequenceRow = (sequence: number): Buffer => {
  const row = Buffer.allocUnsafe(8)
  writeU64(row, sequence, 0)
  return row
}
