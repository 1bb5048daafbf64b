import type { Head } from '../heads.ts'
import { ProbabilityMetrics, type ProbabilityReport } from './probability-metrics.ts'
import { TimeMetrics, type TimeReport } from './time-metrics.ts'

export type HeadReport =
  ({ readonly kind: 'probability' } & ProbabilityReport) | ({ readonly kind: 'time' } & TimeReport)

/** A batch as it was foreseen, and what became of it: rows × heads each (see network/losses.ts). */
export interface JudgedBatch {
  readonly count: number
  readonly logits: Float32Array
  readonly weights: Float32Array
  readonly targets: Float32Array
}

/** The progressive metrics of every head of a network. */
export class ProgressiveMetrics {
  private readonly heads: readonly Head[]
  private readonly probabilities: ReadonlyMap<number, ProbabilityMetrics>
  private readonly times: ReadonlyMap<number, TimeMetrics>

  constructor(heads: readonly Head[], window?: number) {
    const indexes = [...heads.keys()]
    const isTime = (index: number): boolean => heads[index]!.output === 'seconds'
    this.heads = heads
    this.times = new Map(indexes.filter(isTime).map((index) => [index, new TimeMetrics(window)]))
    this.probabilities = new Map(
      indexes.filter((index) => !isTime(index)).map((index) => [index, new ProbabilityMetrics(window)]),
    )
  }

  /** Takes what has a label: what takes back a label that was learned too early has none of its own. */
  add({ count, logits, weights, targets }: JudgedBatch): void {
    const heads = this.heads.length
    for (let at = 0; at < count * heads; at++) {
      const weight = weights[at]!
      if (weight === 0) continue
      this.probabilities.get(at % heads)?.add(logits[at]!, targets[at]! > 0, weight)
      this.times.get(at % heads)?.add(logits[at]!, targets[at]!, weight)
    }
  }

  clear(): void {
    for (const metrics of [...this.probabilities.values(), ...this.times.values()]) metrics.clear()
  }

  report(): Readonly<Record<string, HeadReport>> {
    return Object.fromEntries(
      this.heads.map(({ name }, index): [string, HeadReport] => {
        const time = this.times.get(index)
        if (time !== undefined) return [name, { kind: 'time', ...time.report() }]
        return [name, { kind: 'probability', ...this.probabilities.get(index)!.report() }]
      }),
    )
  }
}
