/**
 * Whether a row (its version byte and what follows, of any version) is as good as none to every event dated at or after
 * `at`, and to whoever reads as of then. Asked of every row there is, now and then: it must make no objects.
 */
export type HasEnded = (buffer: Buffer, start: number, end: number, at: number) => boolean

/** Which rows of a store may go, as its task sees it: those that have ended by `at`. */
export class RowExpiry {
  /** Event time that is safely past; before the first event, a time at which nothing has ended. */
  at = -Infinity
  /** Rows removed since somebody took note of it. */
  removed = 0
  private readonly hasEnded: HasEnded

  constructor(hasEnded: HasEnded) {
    this.hasEnded = hasEnded
  }

  covers(buffer: Buffer, start: number, end: number): boolean {
    return this.at !== -Infinity && this.hasEnded(buffer, start, end, this.at)
  }
}
