import type { HeadReport } from '../metrics/progressive.ts'
import type { Comparison, Evidence, HeadReports } from './evidence.ts'
import type { GateLimits } from './limits.ts'

export const FIGURES = ['auc', 'normalised_entropy', 'calibration', 'time_error'] as const
export type Figure = (typeof FIGURES)[number]

/** What speaks against a candidate. */
export interface Finding {
  /** fresh, anchor: the candidate is worse there; shift: the live one itself is, so the examples are unsound. */
  readonly on: 'fresh' | 'anchor' | 'shift'
  readonly head: string
  readonly figure: Figure
  /** Of the candidate; of a shift: of the live one over fresh examples. */
  readonly value: number
  /** Of the live one; of a shift: of the live one over earlier examples. */
  readonly live: number
  /** What `value` may be at worst. */
  readonly limit: number
}

/** unsure: there are too few examples, or no head has enough of them, to say anything. */
export type Verdict =
  | { readonly outcome: 'passed'; readonly heads: readonly string[] }
  | { readonly outcome: 'unsure'; readonly reason: string }
  | { readonly outcome: 'refused'; readonly findings: readonly Finding[] }

/**
 * Whether a candidate may take the live one's place: by each head that enough is known of, its AUC, normalised
 * entropy and calibration hold against the live one's on the same examples, within the limits. A function of the
 * evidence alone.
 */
export const judge = (evidence: Evidence, limits: GateLimits): Verdict => {
  const { fresh, anchor } = evidence
  if (fresh.examples < limits.examplesMin)
    return { outcome: 'unsure', reason: `${fresh.examples} of ${limits.examplesMin} examples to judge by` }
  const heads = judgedHeads(fresh, limits)
  if (heads.length === 0)
    return { outcome: 'unsure', reason: `no head has ${limits.positivesMin} positives to judge by` }
  const findings = [
    ...heads.flatMap((head) => freshFindings(head, fresh, limits)),
    ...(anchor === null ? [] : anchorFindings(fresh, anchor, limits)),
  ]
  return findings.length === 0 ? { outcome: 'passed', heads } : { outcome: 'refused', findings }
}

/** A finding in words: head, figure and limit. */
export const sayFinding = ({ on, head, figure, value, live, limit }: Finding): string => {
  const [what, beside, where] =
    on === 'shift'
      ? ['the live one', 'before', 'fresh examples, which are held to be unsound']
      : ['the candidate', 'live', on === 'fresh' ? 'fresh examples' : 'earlier examples']
  return `${head}: ${figure} of ${what} is ${shown(value)} (${beside}: ${shown(live)}, limit ${shown(limit)}) on ${where}`
}

const shown = (value: number): string => value.toFixed(4)

const judgedHeads = ({ candidate, live }: Comparison, { positivesMin }: GateLimits): string[] =>
  Object.keys(candidate).filter(
    (head) => weightOf(candidate[head]) >= positivesMin && weightOf(live[head]) >= positivesMin,
  )

/** What a head's figures rest on: positives, or times. */
const weightOf = (report: HeadReport | undefined): number => {
  if (report === undefined) return 0
  return report.kind === 'time' ? report.count : Math.min(report.positives, report.count - report.positives)
}

const freshFindings = (head: string, { candidate, live }: Comparison, limits: GateLimits): Finding[] => {
  const [own, other] = [candidate[head]!, live[head]!]
  const found = finder('fresh', head)
  if (own.kind === 'time' || other.kind === 'time') {
    if (own.kind !== 'time' || other.kind !== 'time') return []
    const [error, liveError] = [own.meanAbsoluteError, other.meanAbsoluteError]
    return found('time_error', error, liveError, (value) => value * (1 + limits.timeErrorRiseMax), 'most')
  }
  return [
    ...found('auc', own.auc, other.auc, (value) => value - limits.aucFallMax, 'least'),
    ...found(
      'normalised_entropy',
      own.normalisedEntropy,
      other.normalisedEntropy,
      (value) => value + limits.entropyRiseMax,
      'most',
    ),
    ...calibrationFindings(head, own.calibration, other.calibration, own.positives, limits),
  ]
}

const finder =
  (on: Finding['on'], head: string) =>
  (
    figure: Figure,
    value: number | null,
    live: number | null,
    limitOf: (live: number) => number,
    side: 'least' | 'most',
  ): Finding[] => {
    if (value === null || live === null) return []
    const limit = limitOf(live)
    const holds = side === 'least' ? value >= limit : value <= limit
    return holds ? [] : [{ on, head, figure, value, live, limit }]
  }

/**
 * Too many or too few by the same ratio are as bad. The count of positives is itself uncertain, by about its
 * square root (Poisson), which the limit allows two of; and one no worse than what serves may serve.
 */
const calibrationFindings = (
  head: string,
  value: number | null,
  live: number | null,
  positives: number,
  { calibrationRatioMax }: GateLimits,
): Finding[] => {
  if (value === null || live === null) return []
  const noise = 2 / Math.sqrt(positives)
  const distanceMax = Math.max(Math.log(calibrationRatioMax) + noise, Math.abs(Math.log(live)))
  if (Math.abs(Math.log(value)) <= distanceMax) return []
  const limit = Math.exp(value > 1 ? distanceMax : -distanceMax)
  return [{ on: 'fresh', head, figure: 'calibration', value, live, limit }]
}

const anchorFindings = (fresh: Comparison, anchor: Comparison, limits: GateLimits): Finding[] => [
  ...judgedHeads(anchor, limits).flatMap((head) =>
    finder('anchor', head)(
      'auc',
      aucOf(anchor.candidate, head),
      aucOf(anchor.live, head),
      (value) => value - limits.anchorAucFallMax,
      'least',
    ),
  ),
  ...judgedHeads(fresh, limits)
    .filter((head) => weightOf(anchor.live[head]) >= limits.positivesMin)
    .flatMap((head) =>
      finder('shift', head)(
        'auc',
        aucOf(fresh.live, head),
        aucOf(anchor.live, head),
        (value) => value - limits.shiftAucFallMax,
        'least',
      ),
    ),
]

const aucOf = (reports: HeadReports, head: string): number | null => {
  const report = reports[head]
  return report?.kind === 'probability' ? report.auc : null
}
