import { type Chance, ExampleInfluences, PAIRED_FIGURES, type PairedFigure } from './chance.ts'
import { aucFallInfluences, meanRiseInfluences } from './influence.ts'
import {
  entropyOf,
  type PredictionFigures,
  probabilityReport,
  type ProbabilityReport,
} from './probability-metrics.ts'
import type { Judged } from './ranking.ts'
import { type JudgedTimes, timeReport, type TimeReport } from './time-metrics.ts'

/** Of one model, and of the other. */
export type Both<Value> = readonly [own: Value, other: Value]

/** What a side foresaw of some examples; what it answers may hold until it is asked for the other side only. */
export type AskedOf<Value> = (side: 0 | 1) => Value

/**
 * Reports of two models on the same examples, head by head, and with them how far chance alone moves what lies between
 * them. Orders each side's scores once, as the reports alone do.
 */
export class Pairing {
  private readonly influences: Readonly<Record<PairedFigure, ExampleInfluences>>
  private readonly figures: Both<PredictionFigures>

  /** `examples` are those that both foresaw, each by a number of its own. */
  constructor(heads: readonly string[], examples: Uint32Array) {
    const numbers = (): Float64Array => new Float64Array(examples.length)
    this.influences = byFigure(() => new ExampleInfluences(heads, examples))
    this.figures = [
      { losses: numbers(), below: numbers() },
      { losses: numbers(), below: numbers() },
    ]
  }

  /** Of a head that is known of `some` of the examples. */
  probabilities(head: number, some: Uint32Array, askedOf: AskedOf<Judged>): Both<ProbabilityReport> {
    const [own, other] = this.figures
    const otherReport = probabilityReport(askedOf(1), other)
    const judged = askedOf(0)
    const report = probabilityReport(judged, own)
    const isPaired = (figure: 'auc' | 'normalisedEntropy'): boolean =>
      report[figure] !== null && otherReport[figure] !== null
    if (isPaired('auc'))
      this.influences.auc.set(head, some, aucFallInfluences(judged, own.below, other.below))
    if (isPaired('normalisedEntropy')) {
      // The entropy of the rate is that of either: only losses tell the two apart.
      const unit = entropyOf(report.positives / report.count)
      const rises = meanRiseInfluences(judged.weights, own.losses, other.losses, unit)
      this.influences.normalised_entropy.set(head, some, rises)
    }
    return [report, otherReport]
  }

  /** Of a head of times that were told of `some` of the examples. */
  times(head: number, some: Uint32Array, askedOf: AskedOf<JudgedTimes>): Both<TimeReport> {
    // What a time is off by is its loss.
    const [{ losses: own }, { losses: other }] = this.figures
    const otherReport = timeReport(askedOf(1), other)
    const judged = askedOf(0)
    const report = timeReport(judged, own)
    if (report.meanAbsoluteError !== null && otherReport.meanAbsoluteError !== null)
      this.influences.time_error.set(head, some, meanRiseInfluences(judged.weights, own, other))
    return [report, otherReport]
  }

  /** Of all heads so far. */
  chance(): Chance {
    return byFigure((figure) => this.influences[figure].covariances())
  }
}

const byFigure = <Value>(valueOf: (figure: PairedFigure) => Value): Record<PairedFigure, Value> =>
  Object.fromEntries(PAIRED_FIGURES.map((figure) => [figure, valueOf(figure)])) as Record<PairedFigure, Value>
