/** By the place of the interaction that is waited for. What waits longest gives way where it is too many. */
export class Waiting<Item> {
  private readonly items = new Map<number, Item>()
  private readonly max: number

  constructor(max: number) {
    this.max = max
  }

  has(place: number): boolean {
    return this.items.has(place)
  }

  add(place: number, item: Item): void {
    this.items.set(place, item)
    if (this.items.size <= this.max) return
    for (const oldest of this.items.keys()) {
      this.items.delete(oldest)
      return
    }
  }

  /** Undefined where nothing waits for the place, or what did has given way. */
  take(place: number): Item | undefined {
    const item = this.items.get(place)
    this.items.delete(place)
    return item
  }
}
