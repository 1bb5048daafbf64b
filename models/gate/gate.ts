import type { HeadReport } from '../metrics/progressive.ts'
import type { Comparison, UsualAuc } from './evidence.ts'
import type { GateLimits } from './limits.ts'

export type Figure = 'auc' | 'normalised_entropy' | 'calibration' | 'time_error' | 'loss' | 'parity'

/** What speaks against a candidate. */
export interface Finding {
  /** Whether the candidate is worse than the live one, or the live one than it was: then the examples are unsound. */
  readonly against: 'candidate' | 'examples'
  readonly head: string
  readonly figure: Figure
  /** Of the candidate; where it speaks against the examples: of the live one. */
  readonly value: number
  /** Of the live one; where it speaks against the examples: as it usually is; of parity: what the trainer says. */
  readonly beside: number
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
 * entropy and calibration (of the light ranker and of the towers: its loss) hold against the live one's on the same
 * examples, within the limits; and the live one does on them as it usually does, by AUC. Of the light ranker that is
 * not asked: what it learns changes with the heavy ranker, which came through the gate itself. Without the latter a stream that turned bad would speak for whoever follows it
 * the fastest. A function of its arguments alone.
 */
export const judge = (comparison: Comparison, usual: UsualAuc, limits: GateLimits): Verdict => {
  const { examples } = comparison
  if (examples < limits.examplesMin)
    return { outcome: 'unsure', reason: `${examples} of ${limits.examplesMin} examples to judge by` }
  const heads = judgedHeads(comparison, limits)
  if (heads.length === 0)
    return {
      outcome: 'unsure',
      reason: `no head has ${limits.positivesMin} positives, and figures, to judge by`,
    }
  const findings = heads.flatMap((head) => [
    ...findingsOf(head, comparison, limits),
    ...shiftOf(head, comparison, usual, limits),
  ])
  return findings.length === 0 ? { outcome: 'passed', heads } : { outcome: 'refused', findings }
}

/** A finding in words: head, figure and limit. */
export const sayFinding = ({ against, head, figure, value, beside, limit }: Finding): string => {
  const figures = `${shown(value)} (${besideWhom(against, figure)} ${shown(beside)}, limit ${shown(limit)})`
  return against === 'candidate'
    ? `${head}: ${figure} is ${figures}`
    : `${head}: ${figure} of the live one is ${figures}: the examples are not what they were`
}

const besideWhom = (against: Finding['against'], figure: Figure): string => {
  if (figure === 'parity') return 'its trainer'
  return against === 'candidate' ? 'live' : 'usually'
}

const shown = (value: number): string => value.toFixed(4)

const judgedHeads = ({ candidate, live }: Comparison, { positivesMin }: GateLimits): string[] =>
  Object.keys(candidate).filter(
    (head) =>
      weightOf(candidate[head]) >= positivesMin &&
      weightOf(live[head]) >= positivesMin &&
      isComparable(candidate[head]!, live[head]!),
  )

/** Whether both have a figure in common: of one without, that it held would be said without a look. */
const isComparable = (candidate: HeadReport, live: HeadReport): boolean => {
  const [own, other] = [figuresOf(candidate), figuresOf(live)]
  return candidate.kind === live.kind && own.some((value, at) => value !== null && other[at] !== null)
}

/** What is held against each other, in one order for each kind. */
const figuresOf = (report: HeadReport): readonly (number | null)[] => {
  if (report.kind === 'probability') return [report.auc, report.normalisedEntropy, report.calibration]
  return [report.kind === 'time' ? report.meanAbsoluteError : report.loss]
}

/** What a head's figures rest on: the rarer of positives and negatives; else times, rankings or pairs. */
const weightOf = (report: HeadReport | undefined): number => {
  if (report === undefined) return 0
  return report.kind === 'probability'
    ? Math.min(report.positives, report.count - report.positives)
    : report.count
}

const findingsOf = (head: string, { candidate, live }: Comparison, limits: GateLimits): Finding[] => {
  const [own, other] = [candidate[head]!, live[head]!]
  if (own.kind === 'time' && other.kind === 'time') {
    const limitOf = (error: number): number => error * (1 + limits.timeErrorRiseMax)
    return atMost(head, 'time_error', own.meanAbsoluteError, other.meanAbsoluteError, limitOf)
  }
  if ('loss' in own && 'loss' in other) {
    return atMost(head, 'loss', own.loss, other.loss, (loss) => loss + limits.lossRiseMax)
  }
  if (own.kind !== 'probability' || other.kind !== 'probability') return []
  const entropyLimit = (entropy: number): number => entropy + limits.entropyRiseMax
  return [
    ...atLeast(head, own.auc, other.auc, limits.aucFallMax, 'candidate'),
    ...atMost(head, 'normalised_entropy', own.normalisedEntropy, other.normalisedEntropy, entropyLimit),
    ...calibrationOf(head, own, other.calibration, limits),
  ]
}

const shiftOf = (head: string, { live }: Comparison, usual: UsualAuc, limits: GateLimits): Finding[] => {
  const report = live[head]!
  if (!('auc' in report)) return []
  return atLeast(head, report.auc, usual.get(head) ?? null, limits.shiftAucFallMax, 'examples')
}

const atLeast = (
  head: string,
  value: number | null,
  beside: number | null,
  fallMax: number,
  against: Finding['against'],
): Finding[] => {
  if (value === null || beside === null || value >= beside - fallMax) return []
  return [{ against, head, figure: 'auc', value, beside, limit: beside - fallMax }]
}

const atMost = (
  head: string,
  figure: Figure,
  value: number | null,
  beside: number | null,
  limitOf: (beside: number) => number,
): Finding[] => {
  if (value === null || beside === null || value <= limitOf(beside)) return []
  return [{ against: 'candidate', head, figure, value, beside, limit: limitOf(beside) }]
}

/**
 * Too many or too few by the same ratio are as bad. The count of positives is itself uncertain, by about its
 * square root (Poisson), which the limit allows two of; and one no worse than what serves may serve.
 */
const calibrationOf = (
  head: string,
  { calibration, positives }: Extract<HeadReport, { kind: 'probability' }>,
  live: number | null,
  { calibrationRatioMax }: GateLimits,
): Finding[] => {
  if (calibration === null || live === null) return []
  const distanceMax = Math.max(
    Math.log(calibrationRatioMax) + 2 / Math.sqrt(positives),
    Math.abs(Math.log(live)),
  )
  if (Math.abs(Math.log(calibration)) <= distanceMax) return []
  const limit = Math.exp(calibration > 1 ? distanceMax : -distanceMax)
  return [{ against: 'candidate', head, figure: 'calibration', value: calibration, beside: live, limit }]
}
