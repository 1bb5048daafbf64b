import { DAY_MS, SECOND_MS } from '../../schemas/ids.ts'
import type { LookedRows, Store } from './store.ts'

/** Rows looked at in one read of the disk, at most one between two batches: the thread is held for about a millisecond. */
const ROWS_AT_ONCE = 512
/** Bytes looked at, for each byte that changed. */
const LOOKED_SHARE = 1 / 32
/** Bytes looked at in a second whatever changed: 1.3 GiB a day, so that no row outstays its time for ever. */
const LOOKED_BYTES_PER_SECOND = 1 << 14
/** Saved up at most, so that no run of batches is slow after a quiet time. */
const CREDIT_BYTES_MAX = 1 << 18
/** Event time between the beginnings of two rounds: what is small is not looked at over and over. */
const ROUND_MS_MIN = DAY_MS

/**
 * Removes rows that have ended where the changelog is not swept: goes over the rows on disk in key order, round after
 * round. Pages are looked at ahead, beside batches, for a batch must not wait for the disk; only one with rows that have
 * ended is read again between two batches, to remove them. What is not on disk yet is met by a later round; its
 * changelog has a limit. A removal is a change of the next commit like any other. After a restart a round begins anew.
 */
export class ExpirySweep {
  private readonly stores: () => Iterable<Store>
  private left: Store[] = []
  private after: Buffer | undefined
  /** By what event time the last round was begun. */
  private begunAt = -Infinity
  private looking: Promise<void> | undefined
  private looked: LookedRows | undefined
  private failure: { readonly error: unknown } | undefined
  private credit = 0
  private creditedMs: number | undefined

  constructor(stores: () => Iterable<Store>) {
    this.stores = stores
  }

  /** A block was made. */
  prepared(changedBytes: number): void {
    this.earn(changedBytes * LOOKED_SHARE)
  }

  /** Looks at some rows; call it between batches. */
  async advance(monotonicMs: number): Promise<void> {
    const passedMs = monotonicMs - (this.creditedMs ?? monotonicMs)
    this.creditedMs = monotonicMs
    this.earn((passedMs / SECOND_MS) * LOOKED_BYTES_PER_SECOND)
    if (this.looking !== undefined) return
    await this.goOn()
    if (this.credit <= 0) return
    if (this.left.length === 0) this.begin()
    const store = this.left[0]
    if (store !== undefined) this.looking = this.look(store)
  }

  /** Waits for what is being read: nothing is, after it. */
  async rest(): Promise<void> {
    await this.looking
  }

  /** Never rejects: what went wrong is thrown by the next `advance`. */
  private async look(store: Store): Promise<void> {
    try {
      this.looked = await store.lookFrom(this.after, ROWS_AT_ONCE)
    } catch (error) {
      this.failure = { error }
    } finally {
      this.looking = undefined
    }
  }

  /** Removes what was found, and goes on to the next page. */
  private async goOn(): Promise<void> {
    const { looked, failure } = this
    this.looked = undefined
    this.failure = undefined
    if (failure !== undefined) throw failure.error
    if (looked === undefined) return
    const last = looked.haveEnded ? await this.left[0]!.expireFrom(this.after, ROWS_AT_ONCE) : looked.last
    this.credit -= looked.bytes
    this.after = last
    if (last === undefined) this.left.shift()
  }

  private begin(): void {
    const stores = [...this.stores()].filter(({ expiry }) => expiry !== undefined && expiry.at !== -Infinity)
    const at = Math.max(-Infinity, ...stores.map(({ expiry }) => expiry!.at))
    if (stores.length === 0 || at < this.begunAt + ROUND_MS_MIN) return
    this.begunAt = at
    this.left = stores
  }

  private earn(bytes: number): void {
    this.credit = Math.min(CREDIT_BYTES_MAX, this.credit + bytes)
  }
}
