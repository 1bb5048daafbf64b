import { MEASURED_ROWS_MAX } from './column-moments.ts'

/** What steps are in the end, of what they are at first. */
export const SETTLED_LENGTH = 1 / 4

/**
 * How long a step of the network is, of what the rate says, after so many rows. Long steps learn soon and are moved by
 * chance, so they grow shorter for as long as columns are measured, and not below a quarter, for tastes drift. By
 * progressive loss on a world's first 320,000 rows: entropies at the end 0.7 % lower than with steps that stay as they
 * were, and nowhere higher.
 */
export const stepLength = (rows: number): number =>
  Math.max(SETTLED_LENGTH, 1 - ((1 - SETTLED_LENGTH) * rows) / MEASURED_ROWS_MAX)
