import { deviationsBeyond } from '../evaluation/interval.ts'
import { type Covariances, type PairedFigure, standardErrorOf } from '../metrics/chance.ts'
import type { HeadReport } from '../metrics/progressive.ts'
import { type Comparison, weightOf } from './evidence.ts'
import type { Finding } from './finding.ts'
import type { GateLimits } from './limits.ts'

/** A figure of a head that both sides have, on the same examples. */
export interface HeldFigure {
  readonly head: string
  readonly figure: PairedFigure
  /** Of the candidate. */
  readonly value: number
  /** Of the live one. */
  readonly beside: number
  /** 1 where more of it is worse, −1 where less is. */
  readonly worse: 1 | -1
  /** How much worse is not worth a word, and how much is too much, whatever chance explains. */
  readonly riseMax: number
  readonly riseStop: number
  /** What it rests on. */
  readonly weight: number
  /** Of what lies between the two; 0 where it is not known, and then chance excuses nothing. */
  readonly standardError: number
}

/** What is held against each other at a head, but for calibration. */
export const heldFigures = (
  head: string,
  { candidate, live, chance }: Comparison,
  limits: GateLimits,
): HeldFigure[] => {
  const [own, other] = [candidate[head]!, live[head]!]
  return FIGURES.flatMap(({ figure, worse, valueOf, risesOf }) => {
    const [value, beside] = [valueOf(own), valueOf(other)]
    if (value === null || beside === null) return []
    const standardError = errorOf(chance?.[figure], head)
    const weight = weightOf(own)
    return [{ head, figure, value, beside, worse, ...risesOf(limits, beside), weight, standardError }]
  })
}

const errorOf = (covariances: Covariances | undefined, head: string): number =>
  covariances === undefined ? 0 : standardErrorOf(covariances, head)

/**
 * Figures that are worse by more than their limits, and by more than chance does; or by more than it is let explain.
 * Chance may find something, of a candidate that is as good as what is live, with the probability `falseMax`: as many
 * are looked at, as small a part of it is left for each (Bonferroni), whatever they have to do with each other.
 */
export const heldFindings = (held: readonly HeldFigure[], falseMax: number): Finding[] => {
  const deviationsMax = deviationsBeyond(falseMax / held.length)
  return held.flatMap((each) => findingOf(each, deviationsMax))
}

const findingOf = (held: HeldFigure, deviationsMax: number): Finding[] => {
  const { head, figure, value, beside, worse, riseMax, riseStop, standardError } = held
  const limit = beside + worse * Math.min(riseStop, Math.max(riseMax, deviationsMax * standardError))
  if (worse * value <= worse * limit) return []
  const deviations = standardError === 0 ? {} : { deviations: (worse * (value - beside)) / standardError }
  return [{ against: 'candidate', head, figure, value, beside, limit, ...deviations }]
}

interface FigureKind extends Pick<HeldFigure, 'figure' | 'worse'> {
  readonly valueOf: (report: HeadReport) => number | null
  readonly risesOf: (limits: GateLimits, beside: number) => Pick<HeldFigure, 'riseMax' | 'riseStop'>
}

const FIGURES: readonly FigureKind[] = [
  {
    figure: 'auc',
    worse: -1,
    valueOf: (report) => (report.kind === 'probability' ? report.auc : null),
    risesOf: ({ aucFallMax, aucFallStop }) => ({ riseMax: aucFallMax, riseStop: aucFallStop }),
  },
  {
    figure: 'normalised_entropy',
    worse: 1,
    valueOf: (report) => (report.kind === 'probability' ? report.normalisedEntropy : null),
    risesOf: ({ entropyRiseMax, entropyRiseStop }) => ({
      riseMax: entropyRiseMax,
      riseStop: entropyRiseStop,
    }),
  },
  {
    figure: 'time_error',
    worse: 1,
    valueOf: (report) => (report.kind === 'time' ? report.meanAbsoluteError : null),
    risesOf: ({ timeErrorRiseMax, timeErrorRiseStop }, beside) => ({
      riseMax: beside * timeErrorRiseMax,
      riseStop: beside * timeErrorRiseStop,
    }),
  },
]
