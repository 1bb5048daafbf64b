const NONE = -1

/** Items by when something last happened to them: a doubly linked list, so that moving to the front is cheap. */
export class ActivityOrder {
  private readonly older: number[] = []
  private readonly newer: number[] = []
  private newest = NONE

  /** Makes the item, a small whole number, the most recently active one. */
  touch(item: number): void {
    if (item === this.newest) return
    this.unlink(item)
    this.older[item] = this.newest
    this.newer[item] = NONE
    if (this.newest !== NONE) this.newer[this.newest] = item
    this.newest = item
  }

  /** Items, the most recently active first. The order must not change meanwhile. */
  *newestFirst(): Generator<number> {
    for (let item = this.newest; item !== NONE; item = this.older[item]!) yield item
  }

  private unlink(item: number): void {
    const older = this.older[item] ?? NONE
    const newer = this.newer[item] ?? NONE
    if (older !== NONE) this.newer[older] = newer
    if (newer !== NONE) this.older[newer] = older
  }
}
