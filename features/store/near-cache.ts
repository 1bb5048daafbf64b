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

interface Kept {
  row: Buffer | null
  /** When it was read, or heard of. */
  atMs: number
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
 * Rows near those who read them. A row is at most `freshMsMax` old, whatever happens: that bound holds for the race
 * of a read with a change too. Changes that are heard of make it fresher, and cost no read.
 */
export class NearCache implements RowReader {
  private readonly behind: RowReader
  private readonly options: NearCacheOptions
  /** By store, then by key; in order of last use. */
  private readonly stores = new Map<string, Map<string, Kept>>()
  private size = 0
  private hits = 0
  private misses = 0
  private stale = 0
  private heard = 0
  private oldestGivenMs = 0

  constructor(behind: RowReader, options: NearCacheOptions) {
    this.behind = behind
    this.options = options
  }

  get counts(): NearCacheCounts {
    const { size: rows, hits, misses, stale, heard } = this
    return { rows, hits, misses, stale, heard }
  }

  /** Age of the oldest row given since this was last asked, milliseconds. */
  takeOldestGivenMs(): number {
    const oldest = this.oldestGivenMs
    this.oldestGivenMs = 0
    return oldest
  }

  async readRows(store: string, keys: readonly Uint8Array[]): Promise<readonly (Buffer | null)[]> {
    if (!this.options.isKept(store) || this.options.rowsMax === 0) return this.behind.readRows(store, keys)
    const now = this.options.monotonicMs()
    const ids = keys.map(idOf)
    const rows: (Buffer | null)[] = Array.from({ length: keys.length }, () => null)
    const missing: number[] = []
    const freshMs = this.options.isShared(store) ? this.options.freshMsMax : -1
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

  /** A row has changed; only rows that are kept here are of interest. */
  hear(store: string, key: Buffer, row: Buffer | null): void {
    const kept = this.stores.get(store)?.get(idOf(key))
    if (kept === undefined) return
    // A copy: the bytes heard are part of a larger block.
    kept.row = row === null ? null : Buffer.from(row)
    kept.atMs = this.options.monotonicMs()
    this.heard++
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
    this.oldestGivenMs = Math.max(this.oldestGivenMs, now - kept.atMs)
    return kept
  }

  private keep(store: string, id: string, row: Buffer | null, atMs: number): void {
    let rows = this.stores.get(store)
    if (rows === undefined) {
      rows = new Map()
      this.stores.set(store, rows)
    }
    if (!rows.delete(id)) this.size++
    rows.set(id, { row, atMs })
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
