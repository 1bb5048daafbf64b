const CAPACITY_FIRST = 64

/**
 * Rows waiting to be written behind, oldest change first: a ring of (store, slot, sequence) in typed arrays,
 * for there may be millions.
 */
export class WriteBehindQueue {
  length = 0
  private stores = new Uint16Array(CAPACITY_FIRST)
  private slots = new Uint32Array(CAPACITY_FIRST)
  private sequences = new Float64Array(CAPACITY_FIRST)
  private head = 0

  /** `sequence` is the commit that first changed the row since it was last on disk. */
  push(store: number, slot: number, sequence: number): void {
    if (this.length === this.slots.length) this.grow()
    const at = (this.head + this.length) & (this.slots.length - 1)
    this.stores[at] = store
    this.slots[at] = slot
    this.sequences[at] = sequence
    this.length++
  }

  get frontStore(): number {
    return this.stores[this.head]!
  }

  get frontSlot(): number {
    return this.slots[this.head]!
  }

  get frontSequence(): number {
    return this.sequences[this.head]!
  }

  drop(): void {
    this.head = (this.head + 1) & (this.slots.length - 1)
    this.length--
  }

  private grow(): void {
    const capacity = this.slots.length
    const stores = new Uint16Array(capacity * 2)
    const slots = new Uint32Array(capacity * 2)
    const sequences = new Float64Array(capacity * 2)
    for (let index = 0; index < capacity; index++) {
      const from = (this.head + index) & (capacity - 1)
      stores[index] = this.stores[from]!
      slots[index] = this.slots[from]!
      sequences[index] = this.sequences[from]!
    }
    this.stores = stores
    this.slots = slots
    this.sequences = sequences
    this.head = 0
  }
}
