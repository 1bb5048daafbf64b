/** No id: the candidate has none of this kind. */
export const NONE = -1

const ROWS_FIRST = 256

/**
 * Ids that many candidates share, each once: what hangs on an author is read once, and copied to every post. Rows are
 * noted in their order, run after run.
 */
export class Distinct {
  /** In the order first noted. */
  readonly ids: string[] = []
  /** By row: the index of its id in `ids`, or `NONE`. */
  of = new Int32Array(ROWS_FIRST)
  private indexes = new Map<string, number>()

  /**
   * Begins anew. With a map of its own: V8 links the table of one that is cleared to the next, so that the collector of
   * young objects would keep all that was ever in it, until the one of old objects comes and holds everybody up.
   */
  reset(): this {
    this.ids.length = 0
    this.indexes = new Map()
    return this
  }

  /** An id that no row has had. */
  add(row: number, id: string): void {
    this.set(row, this.ids.length)
    this.ids.push(id)
  }

  note(row: number, id: string | null): void {
    this.set(row, id === null ? NONE : this.indexOf(id))
  }

  /** Where an id is in `ids`; it is put there when it is new. */
  indexOf(id: string): number {
    const known = this.indexes.get(id)
    if (known !== undefined) return known
    const index = this.ids.length
    this.indexes.set(id, index)
    this.ids.push(id)
    return index
  }

  private set(row: number, index: number): void {
    if (row >= this.of.length) {
      const of = new Int32Array(Math.max(row + 1, this.of.length * 2))
      of.set(this.of)
      this.of = of
    }
    this.of[row] = index
  }
}
