import { createRequire } from 'node:module'

/**
 * The part of `@nxtedition/rocksdb` that the engine uses. The package has no types, so they are given here,
 * and this is the one place that takes them on trust. Its underscored methods are its own documented fast
 * paths: they skip the key and value encodings, which the engine does not need.
 */

/** A column family's handle: valid while the database that gave it is open. */
export type RocksColumn = object

export interface RocksBatch {
  readonly length: number
  _put(key: Uint8Array, value: Uint8Array, options: { readonly column: RocksColumn }): void
  _del(key: Uint8Array, options: { readonly column: RocksColumn }): void
  _clear(): void
  /** Writes on the calling thread. With `sync`, the write-ahead log reaches the device before it returns. */
  _writeSync(options: { readonly sync: boolean }): void
}

export interface RocksIteratorOptions {
  readonly column: RocksColumn
  readonly gte?: Uint8Array
  readonly gt?: Uint8Array
  readonly lt?: Uint8Array
  readonly reverse?: boolean
  readonly values?: boolean
  /** A page ends after the row that takes it past this. */
  readonly highWaterMarkBytes?: number
}

export interface RocksIterator {
  /** Rows as `key, value, key, value, …`; without `values`, every value is undefined. */
  _nextvAsync(rowsMax: number): Promise<{ readonly rows: readonly Buffer[]; readonly finished: boolean }>
  _closeSync(): void
}

export interface RocksColumnOptions {
  /** Without it, `memtableMemoryBudget` has no effect and a memtable takes 64 MiB. */
  readonly compaction: 'level' | 'universal'
  /** By levels, the third and those below it are compressed (zstd) whatever this says. */
  readonly compression: boolean
  /** A memtable takes a quarter of it; the worst case is one and a half times it. */
  readonly memtableMemoryBudget: number
  /** Block cache, bytes. */
  readonly cacheSize: number
}

export interface RocksOpenOptions extends RocksColumnOptions {
  readonly createIfMissing: boolean
  readonly parallelism: number
  readonly walCompression: boolean
  readonly columns: Readonly<Record<string, RocksColumnOptions>>
}

export interface RocksDatabase {
  readonly columns: Readonly<Record<string, RocksColumn>>
  /** Stands for the open database in other threads of the process. */
  readonly handle: bigint
  open(options?: RocksOpenOptions): Promise<void>
  close(): Promise<void>
  batch(): RocksBatch
  iterator(options: RocksIteratorOptions): RocksIterator
  _getManyAsync(
    keys: readonly Uint8Array[],
    options: { readonly column: RocksColumn },
  ): Promise<readonly (Buffer | undefined)[]>
  /** The package keeps every batch and iterator for its own `close` unless they are detached: a leak. */
  detachResource(resource: RocksBatch | RocksIterator): void
}

interface RocksPackage {
  readonly RocksLevel: new (
    path: string | bigint,
    options: { readonly keyEncoding: 'buffer'; readonly valueEncoding: 'buffer' },
  ) => RocksDatabase
}

const { RocksLevel } = createRequire(import.meta.url)('@nxtedition/rocksdb') as RocksPackage

export const rocksDatabase = (path: string): RocksDatabase =>
  new RocksLevel(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' })

/**
 * A database that another thread has opened and will close, here to be written to. Leave it open: closing it
 * would close it for all.
 */
export const sharedDatabase = async (handle: bigint): Promise<RocksDatabase> => {
  const rocks = new RocksLevel(handle, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
  await rocks.open()
  return rocks
}
