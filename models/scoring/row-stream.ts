/**
 * How far the rows of a matrix are filled, in one word of shared memory: the rows, or −1 less the rows once no more
 * come. The thread that scores reads it, and sleeps on it where it has caught up: so rows are handed over without a
 * message for each run, whose sending and answering take longer than filling it.
 */
export const wordOf = (rows: number, isEnd: boolean): number => (isEnd ? -1 - rows : rows)
export const rowsIn = (word: number): number => (word < 0 ? -1 - word : word)
export const isEnd = (word: number): boolean => word < 0

/** Rows that are scored while those after them are being filled. */
export class RowStream {
  private readonly word: Int32Array
  private readonly follow: (first: number) => Promise<number>
  private filledRows = 0
  private scored = 0
  private following: Promise<void> | undefined
  private failed: unknown

  /**
   * `word` is the matrix's own. `follow` has a thread score from row `first` on, and answers where it stopped: at the
   * end, or where it had waited for long enough.
   */
  constructor(word: Int32Array, follow: (first: number) => Promise<number>) {
    this.word = word
    this.follow = follow
    Atomics.store(word, 0, wordOf(0, false))
  }

  /** Rows that are filled. */
  get rows(): number {
    return this.filledRows
  }

  /** Tells that all rows below `rows` are filled. */
  filled(rows: number): void {
    this.filledRows = rows
    this.tell(false)
    this.following ??= this.scoreAll()
  }

  /** Tells that no more come; done once all are scored. Throws what scoring threw. */
  async end(): Promise<void> {
    this.tell(true)
    await this.following
    if (this.failed !== undefined) throw this.failed
  }

  private tell(isEnd: boolean): void {
    Atomics.store(this.word, 0, wordOf(this.filledRows, isEnd))
    Atomics.notify(this.word, 0)
  }

  private async scoreAll(): Promise<void> {
    try {
      while (this.scored < this.filledRows) this.scored = await this.follow(this.scored)
    } catch (error) {
      this.failed = error
      return
    }
    this.following = undefined
  }
}
