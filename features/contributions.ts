const CAPACITY = 64

/**
 * What is to be added to a row: sums by slot and tile, in the row's order (slot ascending, then tile
 * descending), in reused arrays. Filled by one event, or with all entries of a row.
 */
export class Contributions {
  /** Newest event time among them; -1 when there was no event. */
  newest = -1
  count = 0
  slots = new Int32Array(CAPACITY)
  tiles = new Int32Array(CAPACITY)
  values = new Float64Array(CAPACITY)

  reset(): void {
    this.newest = -1
    this.count = 0
  }

  push(slot: number, tile: number, value: number): void {
    const index = this.count++
    if (index === this.slots.length) this.grow()
    this.slots[index] = slot
    this.tiles[index] = tile
    this.values[index] = value
  }

  /** Turns adding into taking away. */
  negate(): void {
    for (let index = 0; index < this.count; index++) this.values[index] = -this.values[index]!
  }

  private grow(): void {
    const capacity = this.slots.length * 2
    const { slots, tiles, values } = this
    this.slots = new Int32Array(capacity)
    this.tiles = new Int32Array(capacity)
    this.values = new Float64Array(capacity)
    this.slots.set(slots)
    this.tiles.set(tiles)
    this.values.set(values)
  }
}
