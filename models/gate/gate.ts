import type { HeadReport } from '../metrics/progressive.ts'
import { meansOf } from './mean-figures.ts'
import { type Comparison, type UsualAuc, weightOf } from './evidence.ts'
import type { Finding } from './finding.ts'
import { heldFigures, heldFindings } from './held-figures.ts'
import type { GateLimits } from './limits.ts'

/** unsure: there are too few examples, or no head has enough of them, to say anything. */
export type Verdict =
  | { readonly outcome: 'passed'; readonly heads: readonly string[] }
  | { readonly outcome: 'unsure'; readonly reason: string }
  | { readonly outcome: 'refused'; readonly findings: readonly Finding[] }

/**
 * Whether a candidate may take the live one's place: by each head that enough is known of, its AUC, normalised
 * entropy and calibration (of the light ranker and of the towers: its loss) hold against the live one's on the same
 * examples, within the limits and what chance explains beyond them, and so do their means over heads; and the live one
 * does on them as it usually does, by AUC. Without the latter a stream that turned bad would speak for whoever follows
 * it the fastest. Of the light ranker that is not asked: what it learns changes with the heavy ranker, which came
 * through the gate itself. A function of its arguments alone.
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
  const held = heads.flatMap((head) => heldFigures(head, comparison, limits))
  // What chance may refuse is spent in halves: on heads, and on their means.
  const share = limits.falseRefusalsMax / 2
  const findings = [
    ...heldFindings(meansOf(held, comparison, limits), share),
    ...heldFindings(held, share),
    ...heads.flatMap((head) => [
      ...calibrationOf(head, comparison, limits),
      ...lossOf(head, comparison, limits),
      ...shiftOf(head, comparison, usual, limits),
    ]),
  ]
  return findings.length === 0 ? { outcome: 'passed', heads } : { outcome: 'refused', findings }
}

const judgedHeads = ({ candidate, live }: Comparison, { positivesMin }: GateLimits): string[] =>
  Object.keys(candidate).filter(
    (head) =>
      live[head] !== undefined &&
      weightOf(candidate[head]!) >= positivesMin &&
      weightOf(live[head]) >= positivesMin &&
      isComparable(candidate[head]!, live[head]),
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

const shiftOf = (head: string, { live }: Comparison, usual: UsualAuc, limits: GateLimits): Finding[] => {
  const report = live[head]!
  const beside = usual.get(head)
  if (!('auc' in report) || report.auc === null || beside === undefined) return []
  const limit = beside - limits.shiftAucFallMax
  if (report.auc >= limit) return []
  return [{ against: 'examples', head, figure: 'auc', value: report.auc, beside, limit }]
}

const lossOf = (head: string, { candidate, live }: Comparison, { lossRiseMax }: GateLimits): Finding[] => {
  const [own, other] = [candidate[head]!, live[head]!]
  if (!('loss' in own && 'loss' in other) || own.loss === null || other.loss === null) return []
  const limit = other.loss + lossRiseMax
  if (own.loss <= limit) return []
  return [{ against: 'candidate', head, figure: 'loss', value: own.loss, beside: other.loss, limit }]
}

/**
 * Too many or too few by the same ratio are as bad. The count of positives is itself uncertain, by about its
 * square root (Poisson), which the limit allows two of; and one no worse than what serves may serve.
 */
const calibrationOf = (
  head: string,
  { candidate, live }: Comparison,
  { calibrationRatioMax }: GateLimits,
): Finding[] => {
  const [own, other] = [candidate[head]!, live[head]!]
  if (own.kind !== 'probability' || other.kind !== 'probability') return []
  const { calibration: value, positives } = own
  const { calibration: beside } = other
  if (value === null || beside === null) return []
  const distanceMax = Math.max(
    Math.log(calibrationRatioMax) + 2 / Math.sqrt(positives),
    Math.abs(Math.log(beside)),
  )
  if (Math.abs(Math.log(value)) <= distanceMax) return []
  const limit = Math.exp(value > 1 ? distanceMax : -distanceMax)
  return [{ against: 'candidate', head, figure: 'calibration', value, beside, limit }]
}
