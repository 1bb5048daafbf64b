/** One run of a system over the load. */
export interface Run {
  readonly events: number
  readonly ms: number
  /** Of all threads of the system itself. */
  readonly processorMs: number
  /** Of the broker meanwhile; null where it is not ours to look at. */
  readonly brokerMs: number | null
  /** Rows in memory at the end. */
  readonly stateBytes?: number
  /** State on disk after a clean stop. */
  readonly diskBytes: number
}

/** A system's runs, whose medians are told. Nothing is known of a system that did not run. */
export class Runs {
  private readonly runs: Run[] = []

  add(run: Run): void {
    this.runs.push(run)
  }

  /** Events a second; null where nothing ran. */
  get rate(): number | null {
    const rate = this.median(({ events, ms }) => (events / ms) * MS_PER_S)
    return rate === null ? null : Math.round(rate)
  }

  get rates(): number[] {
    return this.runs.map(({ events, ms }) => Math.round((events / ms) * MS_PER_S))
  }

  /** Microseconds an event. */
  get processorUs(): number | null {
    return tenths(this.median(({ processorMs, events }) => (processorMs / events) * US_PER_MS))
  }

  /** As `processorUs`, of the broker. */
  get brokerUs(): number | null {
    return tenths(
      this.median(({ brokerMs, events }) => (brokerMs === null ? null : (brokerMs / events) * US_PER_MS)),
    )
  }

  get stateBytes(): number | null {
    return this.median(({ stateBytes }) => stateBytes ?? null)
  }

  get diskBytes(): number | null {
    return this.median(({ diskBytes }) => diskBytes)
  }

  /** How many times as many events a second as the other; null where either did not run. */
  ratioTo(other: Runs): number | null {
    return this.rate === null || other.rate === null ? null : hundredths(this.rate / other.rate)
  }

  /** How many times as much processor time an event the other takes, its broker's included. */
  processorRatioTo(other: Runs): number | null {
    const [own, others] = [this.wholeProcessorMs, other.wholeProcessorMs]
    return own === null || others === null ? null : hundredths(others / own)
  }

  private get wholeProcessorMs(): number | null {
    return this.median(({ processorMs, brokerMs, events }) =>
      brokerMs === null ? null : (processorMs + brokerMs) / events,
    )
  }

  private median(of: (run: Run) => number | null): number | null {
    const known = this.runs.map(of).filter((value) => value !== null)
    if (known.length === 0) return null
    const sorted = known.toSorted((one, other) => one - other)
    const middle = Math.floor(sorted.length / 2)
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  }
}

const MS_PER_S = 1000
const US_PER_MS = 1000

const hundredths = (value: number): number => Math.round(value * 100) / 100
const tenths = (value: number | null): number | null => (value === null ? null : Math.round(value * 10) / 10)
