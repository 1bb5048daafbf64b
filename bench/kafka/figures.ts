/** A system's runs: what they did, and what processor time an event took where that is known. */
export class Runs {
  private readonly rates: number[] = []
  private readonly processorUs: number[] = []

  add(events: number, ms: number, processorMs = 0): void {
    this.rates.push((events / ms) * 1000)
    this.processorUs.push((processorMs / events) * 1000)
  }

  /** Median of events a second; null where nothing ran. */
  get rate(): number | null {
    return this.rates.length === 0 ? null : median(this.rates)
  }

  get all(): number[] {
    return this.rates.map(Math.round)
  }

  /** Median of microseconds an event. */
  get processor(): number {
    return toHundredths(median(this.processorUs))
  }

  /** How many times the other's rate this one's is; null where either did not run. */
  ratioTo(other: Runs): number | null {
    return this.rate === null || other.rate === null ? null : toHundredths(this.rate / other.rate)
  }
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const toHundredths = (value: number): number => Math.round(value * 100) / 100
