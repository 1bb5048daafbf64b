import type { Chance } from '../metrics/chance.ts'
import type { HeadReport, HeadReports } from '../metrics/progressive.ts'

/**
 * What the gate judges by: a candidate and what is live over the same examples, each of which both foresaw before
 * it was learned.
 */
export interface Comparison {
  /** Examples that both foresaw. */
  readonly examples: number
  readonly candidate: HeadReports
  readonly live: HeadReports
  /** How far chance alone moves what lies between them; where it is absent, chance excuses nothing. */
  readonly chance?: Chance
}

/** What a head's figures rest on: the rarer of positives and negatives; else times, rankings or pairs. */
export const weightOf = (report: HeadReport): number =>
  report.kind === 'probability' ? Math.min(report.positives, report.count - report.positives) : report.count

/**
 * What AUC the heads had when snapshots passed lately, by name: the median, so that a few which were judged on
 * examples half unsound do not move it.
 */
export type UsualAuc = ReadonlyMap<string, number>

/** Of the reports that the latest passed snapshots were judged on. */
export const usualAucOf = (passed: readonly HeadReports[]): UsualAuc => {
  const figures = new Map<string, number[]>()
  for (const reports of passed) {
    for (const [head, report] of Object.entries(reports)) {
      if (!('auc' in report) || report.auc === null) continue
      figures.set(head, [...(figures.get(head) ?? []), report.auc])
    }
  }
  return new Map([...figures].map(([head, values]) => [head, upperMedianOf(values)]))
}

const upperMedianOf = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!
