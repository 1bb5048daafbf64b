const SLOT_MS = 1_000

/** How often something happened in the last whole seconds. Adding makes no object. */
export class SlidingCount {
  private readonly counts: Float64Array
  /** Number of the second that each slot counts. */
  private readonly seconds: Float64Array

  /** `windowSeconds` whole seconds, and the one under way. */
  constructor(windowSeconds: number) {
    this.counts = new Float64Array(windowSeconds + 1)
    this.seconds = new Float64Array(windowSeconds + 1).fill(-1)
  }

  add(by: number, nowMs: number): void {
    const second = Math.floor(nowMs / SLOT_MS)
    const slot = second % this.counts.length
    if (this.seconds[slot] !== second) {
      this.seconds[slot] = second
      this.counts[slot] = 0
    }
    this.counts[slot]! += by
  }

  /** Over the whole seconds of the window; the one under way does not count yet. */
  perSecond(nowMs: number): number {
    const current = Math.floor(nowMs / SLOT_MS)
    const windowSeconds = this.counts.length - 1
    let sum = 0
    for (let slot = 0; slot <= windowSeconds; slot++) {
      const second = this.seconds[slot]!
      if (second >= current - windowSeconds && second < current) sum += this.counts[slot]!
    }
    return sum / windowSeconds
  }
}
