/**
 * The samples of the last `windowMs`, at most the last `samplesMax` of them; quantiles are exact over those.
 * Adding makes no object.
 */
export class SlidingSamples {
  private readonly windowMs: number
  private readonly values: Float64Array
  private readonly times: Float64Array
  private added = 0

  constructor(windowMs: number, samplesMax: number) {
    this.windowMs = windowMs
    this.values = new Float64Array(samplesMax)
    this.times = new Float64Array(samplesMax)
  }

  /** Times must not go back. */
  add(value: number, nowMs: number): void {
    const at = this.added++ % this.values.length
    this.values[at] = value
    this.times[at] = nowMs
  }

  /** One value per quantile (0 to 1), the smallest sample that so many lie at or below; null without samples. */
  quantiles(quantiles: readonly number[], nowMs: number): (number | null)[] {
    const sorted = this.within(nowMs).sort()
    return quantiles.map((quantile) => sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? null)
  }

  private within(nowMs: number): Float64Array {
    const held = Math.min(this.added, this.values.length)
    return this.values.slice(0, held).filter((_, index) => this.times[index]! > nowMs - this.windowMs)
  }
}
