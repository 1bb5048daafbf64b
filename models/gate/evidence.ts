import type { HeadReport } from '../metrics/progressive.ts'

/** Metrics by the name of the head. */
export type HeadReports = Readonly<Record<string, HeadReport>>

/** Two snapshots over the same examples. */
export interface Comparison {
  /** Examples that both foresaw. */
  readonly examples: number
  readonly candidate: HeadReports
  readonly live: HeadReports
}

/** What the gate judges by. */
export interface Evidence {
  /** Examples that neither had learned when it foresaw them: each was foreseen before it was learned. */
  readonly fresh: Comparison
  /**
   * Examples of earlier times, which were held to be sound when they came. Null before there are any. They tell a
   * model that got worse from a stream that did.
   */
  readonly anchor: Comparison | null
}
