import { Gauge, type Registry } from 'prom-client'
import type { Labels } from '../engine/metrics.ts'

/** What stands for several values at once. */
export type Folding = 'sum' | 'least'

export interface GaugeDescription {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** Labelled values that are told one by one; what is beyond is told together. */
  readonly seriesMax: number
  readonly together: Folding
}

/** One text for equal values of the same labels. */
export const idOf = (labels: Labels): string => Object.values(labels).join('\n')

/** What is beyond a limit is told under these. */
export const othersOf = (names: readonly string[]): Labels =>
  Object.fromEntries(names.map((name) => [name, 'other']))

interface Told {
  readonly labels: Labels
  value: number
}

/**
 * A gauge whose values are kept here and told when Prometheus asks. Those beyond the limit become one, labelled `other`:
 * were they set one over the other there, all but the last would be lost.
 */
export class BoundedGauge {
  private readonly told = new Map<string, Told>()
  private readonly description: GaugeDescription

  constructor(description: GaugeDescription, registry: Registry) {
    this.description = description
    const { name, help, labels } = description
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      collect: () => this.tell(gauge),
    })
  }

  set(labels: Labels, value: number): void {
    const id = idOf(labels)
    const known = this.told.get(id)
    if (known === undefined) this.told.set(id, { labels, value })
    else known.value = value
  }

  /** Values whose labels are in use no more are told no more. */
  forget(isGone: (labels: Labels) => boolean): void {
    for (const [id, { labels }] of this.told) if (isGone(labels)) this.told.delete(id)
  }

  private tell(gauge: Gauge): void {
    const { labels, seriesMax, together } = this.description
    const values = [...this.told.values()]
    gauge.reset()
    for (const each of values.slice(0, seriesMax)) gauge.set(each.labels, each.value)
    const others = values.slice(seriesMax).map(({ value }) => value)
    if (others.length === 0) return
    gauge.set(othersOf(labels), others.reduce(FOLDS[together]))
  }
}

const FOLDS: Readonly<Record<Folding, (one: number, other: number) => number>> = {
  sum: (one, other) => one + other,
  least: (one, other) => Math.min(one, other),
}
