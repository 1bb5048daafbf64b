import type { RocksBatch, RocksColumn, RocksDatabase } from './rocksdb.ts'
import { eachRow, type RowSink } from './row-batch.ts'

export type ColumnName = 'log' | 'changelog' | 'state'

/** Native batches kept for reuse: the collector does not see their memory, so it would let them pile up. */
const SPARE_BATCHES_MAX = 4

export class BatchPool {
  private readonly rocks: RocksDatabase
  private readonly assertOpen: () => void
  private readonly spare: RocksBatch[] = []

  constructor(rocks: RocksDatabase, assertOpen: () => void) {
    this.rocks = rocks
    this.assertOpen = assertOpen
  }

  take(): RocksBatch {
    const spare = this.spare.pop()
    if (spare !== undefined) return spare
    const batch = this.rocks.batch()
    this.rocks.detachResource(batch)
    return batch
  }

  give(batch: RocksBatch): void {
    batch._clear()
    if (this.spare.length < SPARE_BATCHES_MAX) this.spare.push(batch)
  }

  /** A column's handle is freed memory once the database is closed: using it then would crash the process. */
  column(name: ColumnName): { readonly column: RocksColumn } {
    this.assertOpen()
    return { column: this.rocks.columns[name]! }
  }
}

/** Puts rows of a column into a batch. */
export const putRows = (batch: RocksBatch, column: RocksColumn): RowSink => {
  const options = { column }
  return {
    put: (key, value) => batch._put(key, value, options),
    remove: (key) => batch._del(key, options),
  }
}

/** Rows to write in one atomic step. Keys and values are copied as they are put. */
export class WriteBatch {
  private readonly pool: BatchPool
  private batch: RocksBatch | undefined

  constructor(pool: BatchPool) {
    this.pool = pool
  }

  get rows(): number {
    return this.batch?.length ?? 0
  }

  put(name: ColumnName, key: Uint8Array, value: Uint8Array): void {
    this.open()._put(key, value, this.pool.column(name))
  }

  remove(name: ColumnName, key: Uint8Array): void {
    this.open()._del(key, this.pool.column(name))
  }

  /** Adds the rows of a `RowBatch`. */
  putAll(name: ColumnName, rows: Buffer): void {
    eachRow(rows, putRows(this.open(), this.pool.column(name).column))
  }

  /** Called by the database, which maps what it throws. */
  write(): void {
    const batch = this.open()
    batch._writeSync({ sync: false })
    this.batch = undefined
    this.pool.give(batch)
  }

  /** Many batches are made and never filled: the native one waits for the first row. */
  private open(): RocksBatch {
    this.batch ??= this.pool.take()
    return this.batch
  }
}
