import type { Times } from './disturbances.ts'
import type { CountedExamples } from './examples.ts'
import type { CountedTotals } from './totals.ts'
import type { Input } from './input.ts'
import type { Differences } from './recount.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly times: Times
  readonly partitions: number
  readonly workers: number
  readonly standbys: number
  /** What is published while all this happens. */
  readonly input: Input
  readonly eventsPerSecond: number
  /** Keys of user and author that there are before anything is disturbed, beside those of the society. */
  readonly keys: number
  /** No more disturbances begin after this. */
  readonly minutesMax: number
  /** It ends before its time, and rejects with the reason. */
  readonly told: AbortSignal
  readonly say: (line: string) => void
}

export interface ChaosReport extends Differences, CountedExamples, CountedTotals {
  /** How often each disturbance came to pass. */
  readonly times: Times
  /** Commits of workers whose task a rival session had taken, each refused. */
  readonly refused: number
  /** On the public topics. */
  readonly events: number
  /** Of events published, those that are not on the topics, and those there more than once. */
  readonly inputLost: number
  readonly inputDuplicated: number
  /** Rows on Redis that are not as they are in the workers' state, at the end. */
  readonly carriedWrong: number
  /** From a kill until every task was seen run by a live worker with nothing left to read. */
  readonly caughtUpMs: readonly number[]
  readonly caughtUpMsMedian: number
  readonly caughtUpMsMax: number
  /** Workers that ended by themselves, and what they said. */
  readonly crashes: number
  readonly crashed: readonly string[]
}
