import type { Store } from './store.ts'

/** Rows looked at in one read of the disk: the thread is held for about a millisecond. */
const ROWS_AT_ONCE = 512
/** Reads between two batches. */
const READS_AT_ONCE = 4
/** Bytes that may be repeated, for each byte that changed: what a commit writes grows by half. */
const REPEATED_SHARE = 0.5
/** Saved up at most, so that no commit becomes large after a quiet time of sweeping. */
const CREDIT_BYTES_MAX = 1 << 20

/**
 * Keeps a changelog short. Rows that have not changed for long are repeated in new blocks, a few with every commit,
 * so that the blocks before them can be dropped: whoever reads what is kept, from its first block to its last,
 * then has every row. There are no snapshots to be found, and nothing that has to be right but the changelog.
 *
 * A round begins at a commit S: the block after it names all stores. When the disk stands for S, it holds every row that
 * did not change since, so the round goes over the disk in key order and repeats those, or removes what has ended (see
 * `RowExpiry`), which is a change like any other. At its end nothing up to S is needed any more. Repeating costs half of
 * what changes do; a round over L bytes of rows thus ends after changes of 2 L, and what is kept stays below two rounds:
 * 6 L and what waits to be written to disk.
 */
export class ChangelogSweep {
  private readonly stores: () => Iterable<Store>
  private readonly catalogue: Store
  /** Begun at this commit; undefined between rounds. */
  private from: number | undefined
  private left: Store[] | undefined
  private after: Buffer | undefined
  private credit = 0

  constructor(catalogue: Store, stores: () => Iterable<Store>) {
    this.catalogue = catalogue
    this.stores = stores
  }

  /**
   * Repeats some rows in the next block; call it between batches. `onDisk` is the commit that the disk stands for,
   * `last` the last one prepared.
   */
  async advance(onDisk: number, last: number): Promise<void> {
    if (this.credit <= 0) return
    if (this.from === undefined) {
      this.from = last
      this.catalogue.repeatAll()
    }
    if (onDisk < this.from) return
    this.left ??= [...this.stores()]
    for (let reads = 0; reads < READS_AT_ONCE; reads++) {
      if (this.left.length > 0 && this.credit > 0) await this.repeatSome(this.left)
    }
  }

  /** A block was made. Answers the commit up to which blocks may be dropped after it; 0 for none. */
  prepared(changedBytes: number): number {
    this.credit = Math.min(CREDIT_BYTES_MAX, this.credit + changedBytes * REPEATED_SHARE)
    if (this.from === undefined || this.left === undefined || this.left.length > 0) return 0
    const upTo = this.from
    this.from = undefined
    this.left = undefined
    return upTo
  }

  private async repeatSome(left: Store[]): Promise<void> {
    const store = left[0]!
    const page = await store.repeatFrom(this.after, ROWS_AT_ONCE)
    this.credit -= page.bytes
    this.after = page.last
    if (page.last === undefined) left.shift()
  }
}
