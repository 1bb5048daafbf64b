import { HEADS } from '../../models/heads.ts'
import type { HeadReports } from '../../models/metrics/progressive.ts'
import { rounded } from '../rounded.ts'

const DIGITS = 4

/** How one model did on the examples of the second half. */
export interface ModelFigures {
  readonly auc: Readonly<Record<string, number | null>>
  readonly calibration: Readonly<Record<string, number | null>>
  readonly normalised_entropy: Readonly<Record<string, number | null>>
  readonly positives: Readonly<Record<string, number>>
}

export const figuresOf = (reports: HeadReports): ModelFigures => {
  const of = (figure: 'auc' | 'calibration' | 'normalisedEntropy' | 'positives'): Record<string, number> =>
    Object.fromEntries(
      HEADS.map(({ name }) => {
        const report = reports[name]!
        return [
          name,
          rounded(report.kind === 'probability' ? (report[figure] ?? Number.NaN) : Number.NaN, DIGITS),
        ]
      }),
    )
  return {
    auc: of('auc'),
    calibration: of('calibration'),
    normalised_entropy: of('normalisedEntropy'),
    positives: of('positives'),
  }
}
