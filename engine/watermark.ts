/**
 * Event time of a task: the smallest, over its inputs, of (newest event time − grace). An input that brought
 * nothing for `idleMs` of wall time is left out, so that a quiet topic does not hold the others back. It
 * never goes back while a task is open. An echo (an input without a grace) neither moves it nor holds it back, and is never late. Nor
 * does it run ahead of wall time by more than `futureMs`: one record with a time that is not yet would make all others
 * late.
 */
export class Watermark {
  private readonly newest: Float64Array
  private readonly graceMs: readonly (number | null)[]
  private readonly heardAt: Float64Array
  private readonly idleMs: number
  private readonly futureMs: number
  private reached = -Infinity

  constructor(graceMs: readonly (number | null)[], idleMs: number, futureMs: number) {
    this.graceMs = graceMs
    this.idleMs = idleMs
    this.futureMs = futureMs
    this.newest = new Float64Array(graceMs.length).fill(-Infinity)
    this.heardAt = new Float64Array(graceMs.length).fill(-Infinity)
  }

  get value(): number {
    return this.reached
  }

  newestOf(input: number): number {
    return this.newest[input]!
  }

  /** Takes up where the last commit left off, unless that lies ahead: a clock that was wrong once would be for ever. */
  resume(reached: number, wallMs: number): void {
    this.reached = this.atMost(reached, wallMs)
  }

  /**
   * Takes up an input where the last commit left off, as `resume` does; it counts as heard just now: time waits for it
   * until it is idle.
   */
  restore(input: number, newest: number, wallMs: number): void {
    this.newest[input] = this.atMost(newest, wallMs)
    this.heardAt[input] = wallMs
  }

  /** Notes an event; answers whether it is late. */
  observe(input: number, time: number, wallMs: number): boolean {
    const reached = this.atMost(time, wallMs)
    if (reached > this.newest[input]!) this.newest[input] = reached
    this.heardAt[input] = wallMs
    return time < this.reached && this.graceMs[input] !== null
  }

  /** Moves the watermark to where the inputs allow. */
  advance(wallMs: number): void {
    let lowest = Infinity
    for (let input = 0; input < this.graceMs.length; input++) {
      const graceMs = this.graceMs[input]!
      if (graceMs === null || wallMs - this.heardAt[input]! >= this.idleMs) continue
      lowest = Math.min(lowest, this.newest[input]! - graceMs)
    }
    if (lowest !== Infinity && lowest > this.reached) this.reached = lowest
  }

  private atMost(time: number, wallMs: number): number {
    return Math.min(time, wallMs + this.futureMs)
  }
}
