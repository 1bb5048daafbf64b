import { mkdir } from 'node:fs/promises'
import { EngineError } from '../errors.ts'
import { diskError } from './disk-error.ts'
import { rocksDatabase, type RocksColumnOptions, type RocksDatabase } from './rocksdb.ts'
import type { RowBatch } from './row-batch.ts'
import { RowWriter } from './row-writer.ts'
import { RocksWalFiles } from './wal-files.ts'
import { WalSync } from './wal-sync.ts'
import { BatchPool, WriteBatch, type ColumnName } from './write-batch.ts'

/**
 * Memory of one data directory. The worst case is one and a half times the memtables plus the caches: about
 * 150 MiB with the defaults, on top of the log's tail.
 */
export interface DatabaseOptions {
  readonly logMemtableBytes: number
  readonly changelogMemtableBytes: number
  readonly stateMemtableBytes: number
  readonly stateCacheBytes: number
  /** Threads for flushing and compaction. */
  readonly backgroundThreads: number
}

const MIB = 1 << 20

export const DATABASE_DEFAULTS: DatabaseOptions = {
  logMemtableBytes: 24 * MIB,
  changelogMemtableBytes: 32 * MIB,
  stateMemtableBytes: 32 * MIB,
  stateCacheBytes: 16 * MIB,
  backgroundThreads: 2,
}

/** Log and changelog are read in long runs, which a block cache does not help. */
const SEQUENTIAL_CACHE_BYTES = MIB
/** RocksDB insists on a default column; the engine leaves it empty. */
const UNUSED_MEMTABLE_BYTES = MIB

/** Rows that one page read takes at most, whatever their size. */
const PAGE_ROWS_MAX = 4096
const PAGE_BYTES_MAX = 64 * MIB

/** Fewer rows are written sooner than another thread is told of them. */
const ROWS_FOR_THREAD_MIN = 128

export interface PageRange {
  readonly gte?: Uint8Array
  readonly gt?: Uint8Array
  readonly lt?: Uint8Array
  readonly reverse?: boolean
  readonly keysOnly?: boolean
  readonly rowsMax?: number
  /** The page ends after the row that takes it past this. */
  readonly bytesMax?: number
}

export interface Page {
  /** `key, value, key, value, …` */
  readonly rows: readonly Buffer[]
  /** The range holds no more rows. */
  readonly finished: boolean
}

const column = (
  memtableBytes: number,
  cacheBytes: number,
  compaction: RocksColumnOptions['compaction'] = 'level',
): RocksColumnOptions => ({
  compaction,
  compression: false,
  memtableMemoryBudget: memtableBytes,
  cacheSize: cacheBytes,
})

/**
 * The one RocksDB of a data directory, which log and state share, so that their writes lie in one
 * write-ahead log: whatever a power cut leaves is a prefix of what was written, over all columns.
 *
 * A failed write leaves nothing behind. After `DISK_FULL` RocksDB resumes by itself, within about five
 * seconds of there being room for the largest memtable (8 MiB with the defaults); after `DISK_FAILED` close the
 * database and open it again.
 */
export class Database {
  readonly directory: string
  private readonly rocks: RocksDatabase
  private readonly pool: BatchPool
  private readonly writer: RowWriter
  private readonly wal: WalSync
  private closed = false
  /** A sync has failed: what is on the device is not known. */
  private unsynced: EngineError | undefined
  private refusedWrite = false
  /** Reads and writes under way on other threads. */
  private underWay = 0
  private onIdle: (() => void) | undefined

  private constructor(directory: string, rocks: RocksDatabase) {
    this.directory = directory
    this.rocks = rocks
    this.pool = new BatchPool(rocks, () => this.assertOpen())
    this.writer = new RowWriter(rocks.handle)
    this.wal = new WalSync(new RocksWalFiles(directory))
  }

  /** Opens or creates. Throws `DATA_LOCKED`, `DISK_READ_ONLY`, `DISK_FULL` or `DISK_FAILED`. */
  static async open(directory: string, options: Partial<DatabaseOptions> = {}): Promise<Database> {
    const limits = { ...DATABASE_DEFAULTS, ...options }
    await createDirectory(directory)
    const rocks = rocksDatabase(directory)
    try {
      await rocks.open({
        ...column(UNUSED_MEMTABLE_BYTES, 0),
        createIfMissing: true,
        parallelism: limits.backgroundThreads,
        // A compressed write-ahead log takes five times as long to write a changelog block.
        walCompression: false,
        columns: {
          default: column(UNUSED_MEMTABLE_BYTES, 0),
          log: column(limits.logMemtableBytes, SEQUENTIAL_CACHE_BYTES),
          changelog: column(limits.changelogMemtableBytes, SEQUENTIAL_CACHE_BYTES),
          // Rows change often: by levels, each was written, and compressed, ten times over while it waited to change again.
          state: column(limits.stateMemtableBytes, limits.stateCacheBytes, 'universal'),
        },
      })
    } catch (error) {
      throw diskError(error, `opening ${directory}`)
    }
    return new Database(directory, rocks)
  }

  assertOpen(): void {
    if (this.closed) throw new EngineError('CLOSED', `the data directory ${this.directory} was closed`)
  }

  batch(): WriteBatch {
    return new WriteBatch(this.pool)
  }

  /**
   * Writes the batch, atomically and on this thread. It then survives the process; a power cut may take it, and then
   * everything later with it, until `sync` has resolved. A batch whose write failed keeps its rows and may be written
   * again.
   */
  write(batch: WriteBatch): void {
    this.assertWritable()
    try {
      batch.write()
    } catch (error) {
      this.refusedWrite = true
      throw diskError(error, `writing to ${this.directory}`)
    }
  }

  /**
   * Resolves when everything that was written before is on the device. Throws `DISK_FAILED`, after which nothing is
   * written any more: close the database and open it again.
   */
  async sync(): Promise<void> {
    this.assertWritable()
    try {
      await this.whileUnderWay(() => this.wal.sync())
    } catch (error) {
      const detail = `syncing ${this.directory}: ${String(error)}`
      this.unsynced ??= new EngineError('DISK_FAILED', detail, { cause: error })
      throw this.unsynced
    }
  }

  /**
   * Writes rows in their order, unsynced, and where there are many on another thread and in several steps: the last row is
   * there only if all are, and what is written meanwhile may come before, between or after. The batch keeps its rows, must
   * not change before this answers, and may be written again if it failed.
   */
  async writeRows(name: ColumnName, rows: RowBatch): Promise<void> {
    this.assertWritable()
    if (rows.rows < ROWS_FOR_THREAD_MIN) {
      const batch = this.batch()
      batch.putAll(name, rows.bytes)
      this.write(batch)
      return
    }
    try {
      await this.whileUnderWay(() => this.writer.write(name, rows.bytes))
    } catch (error) {
      this.refusedWrite = true
      throw diskError(error, `writing to ${this.directory}`)
    }
  }

  async getMany(name: ColumnName, keys: readonly Uint8Array[]): Promise<readonly (Buffer | undefined)[]> {
    this.assertOpen()
    if (keys.length === 0) return []
    return this.reading(() => this.rocks._getManyAsync(keys, { column: this.rocks.columns[name]! }))
  }

  /** One run of rows in key order, read on another thread. */
  async page(name: ColumnName, range: PageRange): Promise<Page> {
    this.assertOpen()
    return this.reading(async () => {
      const iterator = this.rocks.iterator({
        column: this.rocks.columns[name]!,
        ...(range.gte && { gte: range.gte }),
        ...(range.gt && { gt: range.gt }),
        ...(range.lt && { lt: range.lt }),
        reverse: range.reverse === true,
        values: range.keysOnly !== true,
        highWaterMarkBytes: Math.max(1, Math.min(range.bytesMax ?? PAGE_BYTES_MAX, PAGE_BYTES_MAX)),
      })
      this.rocks.detachResource(iterator)
      try {
        return await iterator._nextvAsync(
          Math.max(1, Math.min(range.rowsMax ?? PAGE_ROWS_MAX, PAGE_ROWS_MAX)),
        )
      } finally {
        iterator._closeSync()
      }
    })
  }

  /** Waits for reads and writes under way. Idempotent. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    if (this.underWay > 0) await new Promise<void>((resolve) => (this.onIdle = resolve))
    await this.writer.close()
    await this.wal.close()
    // A read answers before the package lets go of the blocks it pinned: closing at that moment is a crash.
    await new Promise((resolve) => setImmediate(resolve))
    try {
      await this.rocks.close()
    } catch (error) {
      // RocksDB repeats the error of a write that was refused; it has closed all the same.
      if (this.refusedWrite) return
      throw diskError(error, `closing ${this.directory}`)
    }
  }

  private assertWritable(): void {
    this.assertOpen()
    if (this.unsynced !== undefined) throw this.unsynced
  }

  private async reading<Result>(read: () => Promise<Result>): Promise<Result> {
    try {
      return await this.whileUnderWay(read)
    } catch (error) {
      throw diskError(error, `reading from ${this.directory}`)
    }
  }

  /** The package does not close rightly while anything is under way, so it is counted. */
  private async whileUnderWay<Result>(work: () => Promise<Result>): Promise<Result> {
    this.underWay++
    try {
      return await work()
    } finally {
      if (--this.underWay === 0) this.onIdle?.()
    }
  }
}

const createDirectory = async (directory: string): Promise<void> => {
  try {
    await mkdir(directory, { recursive: true })
  } catch (error) {
    const full = diskError(error, `creating ${directory}`)
    if (full.code === 'DISK_FULL') throw full
    throw new EngineError('DISK_READ_ONLY', full.message, { cause: error })
  }
}
