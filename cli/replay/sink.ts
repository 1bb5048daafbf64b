import type { Outcome } from '../inspect/inspection.ts'
import type { Refusal } from '../intake/refusal.ts'
import type { Line } from '../intake/line-splitter.ts'

/** Where a replay's lines go: into a data directory, or to a running server. */
export interface ReplaySink {
  /** Takes a line into the batch, or refuses it at once. */
  add(line: Line): Refusal | undefined
  /** Lines taken and not yet flushed. */
  readonly pending: number
  /**
   * Makes the batch durable and waits while processing is too far behind; answers what was refused only now.
   * Throws when the batch may not be durable: sending it again is harmless.
   */
  flush(): Promise<readonly Refusal[]>
  /** Resolves once everything is processed, with true; with false where that cannot be known. */
  settle(): Promise<boolean>
  /** What became of events since the replay began, once `settle` has answered; null where it cannot be known. */
  outcome(): Outcome | null
  /** Records that wait to be processed, as last heard; null where it is not known. */
  lagRecords(): number | null
}
