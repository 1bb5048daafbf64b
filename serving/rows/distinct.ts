/** No id: the candidate has none of this kind. */
export const NONE = -1

const ROWS_FIRST = 256

/** Ids that many candidates share, each once: what hangs on an author is read once, and copied to every post. */
export class Distinct {
  /** In the order first noted. */
  readonly ids: string[] = []
  /** By row: the index of its id in `ids`, or `NONE`. */
  of = new Int32Array(ROWS_FIRST)
  private readonly indexes = new Map<string, number>()

  /** Begins anew, for `rows` rows. */
  reset(rows: number): this {
    this.ids.length = 0
    this.indexes.clear()
    if (this.of.length < rows) this.of = new Int32Array(Math.max(rows, this.of.length * 2))
    return this
  }

  /** An id that no row has had, for the next row. */
  add(id: string): void {
    this.of[this.ids.length] = this.ids.length
    this.ids.push(id)
  }

  note(row: number, id: string | null): void {
    if (id === null) {
      this.of[row] = NONE
      return
    }
    let index = this.indexes.get(id)
    if (index === undefined) {
      index = this.ids.length
      this.indexes.set(id, index)
      this.ids.push(id)
    }
    this.of[row] = index
  }
}
