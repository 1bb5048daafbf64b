import type { EngineCounter, Metrics } from '../../engine/metrics.ts'
import { publicContracts } from '../../schemas/index.ts'

/** What became of events since the start, of public topics (dead letters: of all topics). */
export interface EventTotals {
  readonly processed: number
  readonly late: number
  readonly duplicates: number
  readonly deadLetters: number
}

const COUNTED = {
  events: 'processed',
  late_events: 'late',
  duplicate_events: 'duplicates',
  dead_letters: 'deadLetters',
} as const satisfies Partial<Record<EngineCounter, keyof EventTotals>>

/** Adds up what the engine says of events, for reports. */
export class EventCounts implements Metrics {
  private readonly sums = { processed: 0, late: 0, duplicates: 0, deadLetters: 0 }

  get totals(): EventTotals {
    return { ...this.sums }
  }

  count(name: EngineCounter, labels: Readonly<Record<string, string>>, by: number): void {
    if (!isCounted(name)) return
    const topic = labels['topic'] ?? ''
    if (name === 'dead_letters' || Object.hasOwn(publicContracts, topic)) this.sums[COUNTED[name]] += by
  }

  gauge(): void {
    return undefined
  }

  observe(): void {
    return undefined
  }
}

const isCounted = (name: EngineCounter): name is keyof typeof COUNTED => Object.hasOwn(COUNTED, name)

/** Tells both. */
export const bothMetrics = (one: Metrics, other: Metrics): Metrics => ({
  count: (name, labels, by) => {
    one.count(name, labels, by)
    other.count(name, labels, by)
  },
  gauge: (name, labels, value) => {
    one.gauge(name, labels, value)
    other.gauge(name, labels, value)
  },
  observe: (name, labels, value) => {
    one.observe(name, labels, value)
    other.observe(name, labels, value)
  },
})
