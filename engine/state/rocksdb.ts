import { EngineError } from '../errors.ts'
import type { Database } from '../storage/database.ts'
import { NameTable } from '../storage/names.ts'
import { afterPrefix, readU64, writeU64 } from '../storage/row-key.ts'
import type { WriteBatch } from '../storage/write-batch.ts'
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
    const sequence = row === undefined ? 0 : readU64(row, 0)
    return new RocksTaskStorage(this.database, task, sequence, () => this.assertOpen())
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
    return new RocksStateWrite(this.task, this.database.batch(), (sequence, batch) => {
      this.assertOpen()
      batch.put('state', sequenceKey(this.task), sequenceRow(sequence))
      // Not synced: rows follow from the changelog, which lies before them in the same write-ahead log.
      this.database.write(batch, { sync: false })
      this.written = sequence
    })
  }

  async close(): Promise<void> {
    this.closed = true
  }

  private assertOpen(): void {
    if (this.closed) throw new EngineError('CLOSED', 'the state of this task was closed')
    this.assertStateOpen()
  }
}

class RocksStateWrite implements StateWrite {
  private readonly task: number
  private readonly batch: WriteBatch
  private readonly done: (sequence: number, batch: WriteBatch) => void

  constructor(task: number, batch: WriteBatch, done: (sequence: number, batch: WriteBatch) => void) {
    this.task = task
    this.batch = batch
    this.done = done
  }

  get rows(): number {
    return this.batch.rows
  }

  put(store: number, key: Uint8Array, value: Uint8Array): void {
    checkStore(store)
    this.batch.put('state', rowKey(this.task, store, key), value)
  }

  remove(store: number, key: Uint8Array): void {
    checkStore(store)
    this.batch.remove('state', rowKey(this.task, store, key))
  }

  async commit(sequence: number): Promise<void> {
    this.done(sequence, this.batch)
  }
}

const PREFIX_BYTES = 4
const EMPTY = Buffer.alloc(0)

const rowKey = (task: number, store: number, key: Uint8Array): Buffer => {
  const row = Buffer.allocUnsafe(PREFIX_BYTES + key.length)
  row.writeUInt16BE(task, 0)
  row.writeUInt16BE(store, 2)
  row.set(key, PREFIX_BYTES)
  return row
}

const sequenceKey = (task: number): Buffer => {
  const key = Buffer.allocUnsafe(2)
  key.writeUInt16BE(task, 0)
  return key
}

const sequenceRow = (sequence: number): Buffer => {
  const row = Buffer.allocUnsafe(8)
  writeU64(row, sequence, 0)
  return row
}
