import { EngineError } from '../../engine/errors.ts'
import type { RowReader } from './port.ts'

export interface NearCacheOptions {
  /** Rows kept; the one read longest ago goes first. */
  readonly rowsMax: number
  /** A row of a shared store is read anew after this. */
  readonly freshMsMax: number
  /** While the store behind does not answer, rows are given up to this age. */
  readonly staleMsMax: number
  /** Rows that many requests read, such as those of posts: given from here while fresh. */
  readonly isShared: (store: string) => boolean
  /** Rows that are kept for when the store behind does not answer. */
  readonly isKept: (store: string) => boolean
  readonly monotonicMs: () => number
}

/** The oldest row given is told of for so long at least, and at most twice as long. */
export const OLDEST_GIVEN_MS = 60_000
/** No row is as young as that. */
const NEVER_FRESH = -1

interface Kept {
  row: Buffer | null
  /** When the store behind was asked that had this row, or an older one, then. */
  atMs: number
  /** When it was last heard of. */
  heardAtMs: number
}

export interface NearCacheCounts {
  readonly rows: number
  readonly hits: number
  readonly misses: number
  /** Given though too old, for the store behind did not answer. */
  readonly stale: number
  /** Replaced by what a follower heard, rather than read. */
  readonly heard: number
}

/**
 * Rows near those who read them. A row is at most `freshMsMax` older than what the store behind has, whatever
 * happens: that bound holds for the race of a read with a change too, and for changes that are heard of late. Those
 * that are heard of in time make it fresher, and cost no read.
 */
export class NearCache implements RowReader {
  /**
   * Rows as the store behind has them, for what must not be given a moment after it has changed. Those kept are given
   * only while it does not answer.
   */
  readonly anew: RowReader = { readRows: (store, keys) => this.read(store, keys, NEVER_FRESH) }
  private readonly behind: RowReader
  private readonly options: NearCacheOptions
  /** By store, then by key; in order of last use. */
  private readonly stores = new Map<string, Map<string, Kept>>()
  private size = 0
  private hits = 0
  private misses = 0
  private stale = 0
  private heard = 0
  /** By the clock: of the window under way, and of the one before. */
  private oldest = { window: 0, nowMs: 0, beforeMs: 0 }

  constructor(behind: RowReader, options: NearCacheOptions) {
    this.behind = behind
    this.options = options
  }

  get counts(): NearCacheCounts {
    const { size: rows, hits, misses, stale, heard } = this
    return { rows, hits, misses, stale, heard }
  }

  /** Age of the oldest row given in the last minute or two, milliseconds: the same for all who ask. */
  get oldestGivenMs(): number {
    const { nowMs, beforeMs } = this.oldestAsOf(this.options.monotonicMs())
    return Math.max(nowMs, beforeMs)
  }

  readRows(store: string, keys: readonly Uint8Array[]): Promise<readonly (Buffer | null)[]> {
    return this.read(store, keys, this.options.isShared(store) ? this.options.freshMsMax : NEVER_FRESH)
  }

  /**
   * A row has changed; only rows that are kept here are of interest. The store behind did not have the change when it
   * was asked at `asOfMs`, so that the row is as of then at least, however late it is heard.
   */
  hear(store: string, key: Buffer, row: Buffer | null, asOfMs: number): void {
    const kept = this.stores.get(store)?.get(idOf(key))
    if (kept === undefined) return
    // A copy: the bytes heard are part of a larger block.
    kept.row = row === null ? null : Buffer.from(row)
    kept.atMs = asOfMs
    kept.heardAtMs = this.options.monotonicMs()
    this.heard++
  }

  private async read(
    store: string,
    keys: readonly Uint8Array[],
    freshMs: number,
  ): Promise<readonly (Buffer | null)[]> {
    if (!this.options.isKept(store) || this.options.rowsMax === 0) return this.behind.readRows(store, keys)
    const now = this.options.monotonicMs()
    const ids = keys.map(idOf)
    const rows: (Buffer | null)[] = Array.from({ length: keys.length }, () => null)
    const missing: number[] = []
    for (const [index, id] of ids.entries()) {
      const kept = this.take(store, id, now, freshMs)
      if (kept === undefined) missing.push(index)
      else rows[index] = kept.row
    }
    this.hits += keys.length - missing.length
    this.misses += missing.length
    if (missing.length > 0) await this.fetch(store, keys, ids, missing, rows)
    return rows
  }

  private async fetch(
    store: string,
    keys: readonly Uint8Array[],
    ids: readonly string[],
    missing: readonly number[],
    into: (Buffer | null)[],
  ): Promise<void> {
    const askedAt = this.options.monotonicMs()
    try {
      const wanted = missing.length === keys.length ? keys : missing.map((index) => keys[index]!)
      const found = await this.behind.readRows(store, wanted)
      for (const [at, index] of missing.entries()) {
        into[index] = found[at]!
        this.keep(store, ids[index]!, found[at]!, askedAt)
      }
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'FEATURES_UNAVAILABLE') throw error
      this.giveStale(store, ids, missing, into, error)
    }
  }

  /** All of them, or the error: half an answer would be taken for rows that are not there. */
  private giveStale(
    store: string,
    ids: readonly string[],
    missing: readonly number[],
    into: (Buffer | null)[],
    error: EngineError,
  ): void {
    const now = this.options.monotonicMs()
    const found = missing.map((index) => this.take(store, ids[index]!, now, this.options.staleMsMax))
    if (found.some((kept) => kept === undefined)) throw error
    for (const [at, index] of missing.entries()) into[index] = found[at]!.row
    this.stale += missing.length
  }

  private take(store: string, id: string, now: number, ageMsMax: number): Kept | undefined {
    const rows = this.stores.get(store)
    const kept = rows?.get(id)
    if (kept === undefined || now - kept.atMs > ageMsMax) return undefined
    rows!.delete(id)
    rows!.set(id, kept)
    const oldest = this.oldestAsOf(now)
    oldest.nowMs = Math.max(oldest.nowMs, now - kept.atMs)
    return kept
  }

  private oldestAsOf(now: number): { nowMs: number; readonly beforeMs: number } {
    const window = Math.floor(now / OLDEST_GIVEN_MS)
    const { window: last, nowMs } = this.oldest
    if (window !== last) this.oldest = { window, nowMs: 0, beforeMs: window === last + 1 ? nowMs : 0 }
    return this.oldest
  }

  /** An answer that was long on its way puts nothing over what was heard, or asked for, meanwhile. */
  private keep(store: string, id: string, row: Buffer | null, askedAtMs: number): void {
    let rows = this.stores.get(store)
    if (rows === undefined) {
      rows = new Map()
      this.stores.set(store, rows)
    }
    const kept = rows.get(id)
    if (kept !== undefined && Math.max(kept.atMs, kept.heardAtMs) > askedAtMs) return
    if (!rows.delete(id)) this.size++
    rows.set(id, { row, atMs: askedAtMs, heardAtMs: -Infinity })
    if (this.size > this.options.rowsMax) this.dropOldest()
  }

  /** From the largest store the row used longest ago. */
  private dropOldest(): void {
    let largest: Map<string, Kept> | undefined
    for (const rows of this.stores.values()) if (rows.size > (largest?.size ?? 0)) largest = rows
    const [eldest] = largest?.keys() ?? []
    if (eldest !== undefined && largest!.delete(eldest)) this.size--
  }
}

const idOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
