/** A binary heap of indexes by value, the greatest on top, of equals the lowest index. Holds each index at most once. */
export class ValueHeap {
  size: number
  private readonly indexes: Uint32Array
  /** By place in the heap. */
  private readonly values: Float64Array

  /** Of all indexes of `values`, which is copied. */
  constructor(values: Float64Array) {
    this.size = values.length
    this.values = values.slice()
    this.indexes = Uint32Array.from(values.keys())
    for (let at = (this.size >> 1) - 1; at >= 0; at--) this.sink(at)
  }

  get top(): number {
    return this.indexes[0]!
  }

  get topValue(): number {
    return this.values[0]!
  }

  /** Gives the top a lower value. */
  lowerTop(value: number): void {
    this.values[0] = value
    this.sink(0)
  }

  pop(): void {
    this.size--
    this.indexes[0] = this.indexes[this.size]!
    this.values[0] = this.values[this.size]!
    this.sink(0)
  }

  push(index: number, value: number): void {
    const { indexes, values } = this
    let at = this.size++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(value, index, values[parent]!, indexes[parent]!)) break
      indexes[at] = indexes[parent]!
      values[at] = values[parent]!
      at = parent
    }
    indexes[at] = index
    values[at] = value
  }

  private sink(from: number): void {
    const { indexes, values, size } = this
    const index = indexes[from]!
    const value = values[from]!
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      const other = child + 1
      if (other < size && isBefore(values[other]!, indexes[other]!, values[child]!, indexes[child]!))
        child = other
      if (!isBefore(values[child]!, indexes[child]!, value, index)) break
      indexes[at] = indexes[child]!
      values[at] = values[child]!
      at = child
    }
    indexes[at] = index
    values[at] = value
  }
}

const isBefore = (value: number, index: number, other: number, otherIndex: number): boolean =>
  value > other || (value === other && index < otherIndex)
