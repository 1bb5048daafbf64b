import type { FeatureReader } from '../../features/store/port.ts'
import type { Candidate } from '../candidate.ts'
import { CandidateTables } from './candidate-tables.ts'
import { LIGHT_VIEWS } from './light-rows.ts'
import type { RowRequest } from './view-keys.ts'

/**
 * Candidates whose rows are read, filled and handed to the scorers together: few enough that scoring begins
 * early, and enough that what a hand-over costs is little beside it. A power of two.
 */
export const LIGHT_RUN = 512
const RUN_BITS = Math.log2(LIGHT_RUN)
const IN_RUN = LIGHT_RUN - 1

/** What the light rows of all candidates were read from, a set of tables a run: the heavy rows read it again. */
export class EarlyTables {
  private readonly runs: CandidateTables[] = []

  /** Reads what the light rows of a run need; `candidates` begin at place `first`, the start of a run. */
  read(
    first: number,
    candidates: readonly Candidate[],
    request: RowRequest,
    features: FeatureReader,
  ): Promise<void> | undefined {
    return this.of(first).read(candidates, request, features)
  }

  /** The tables of the run that begins at a place. */
  of(first: number): CandidateTables {
    return (this.runs[first >>> RUN_BITS] ??= new CandidateTables(LIGHT_VIEWS))
  }

  /** Copies a view's row of the candidate at a place. */
  copy(view: string, place: number, into: Float32Array, offset: number): void {
    const tables = this.runs[place >>> RUN_BITS]!
    tables.table(view).copy(tables.indexes(view)[place & IN_RUN]!, into, offset)
  }
}
