import type { Log } from '../../engine/log/port.ts'
import type { FeatureReader } from '../../features/store/port.ts'
import type { Millis } from '../../schemas/ids.ts'
import type { Degraded } from '../../serving/pipeline/run.ts'
import type { StateRows } from '../../serving/state-rows.ts'
import type { PendingRestrictions } from '../../serving/visibility/pending-restrictions.ts'
import type { Publisher } from './publisher.ts'

/** What feeds are made from: rows, wherever tasks run that keep them, and a log that takes what was shown. */
export interface ServingBackend {
  readonly rows: StateRows
  /** The same as committed when they are asked for, and not as read a moment ago: for whatever forbids to show something. */
  readonly rowsNow: StateRows
  readonly features: FeatureReader
  /** What was accepted and forbids to show something, until rows know of it. */
  readonly restrictions: PendingRestrictions
  /** A batch of events to accept together. */
  publisher(): Publisher
  /** Time of the newest event that features know of; null before the first. */
  newestEventAt(): Millis | null
  /** What answers of this moment go without. */
  degraded(): readonly Degraded[]
  /** Processing holds the thread for shorter while feeds are ranked; undefined where it has its own. */
  yieldTo?(isRanking: () => boolean): void
}

/** Why a process that has just begun is not ready, though it knows how far rows are. */
export const UNPROCESSED =
  'What was accepted before the start is not in rows yet, and may forbid to show anything'

/** What stands behind the HTTP door: everything in this process, or Kafka and Redis with workers behind them. */
export interface Backend extends ServingBackend {
  readonly log: Pick<Log, 'partitions' | 'startOffset' | 'endOffset' | 'read' | 'onAppend'>
  /** Throws when no event can be accepted now. */
  assertAccepting(): void
  /** Throws what this process cannot go on after. */
  assertRunning(): void
  /**
   * Why feeds cannot be answered yet; null once they can, for good. When rows are lost later, all processes that read
   * them answer `CATCHING_UP`: to take every one of them out would help no feed, and keep events out that can be taken.
   */
  readonly unready: string | null
  /** Records accepted and not in rows yet. */
  lagRecords(): number
  /** Everything accepted is in rows. */
  readonly isSettled: boolean
  /** Rises whenever something was processed. */
  commits(): number
}
