import type { Clock } from './clock.ts'
import type { EngineError } from './errors.ts'
import type { InputSchemas } from './input-schemas.ts'
import type { Log } from './log/port.ts'
import type { Metrics } from './metrics.ts'
import type { StateStorage } from './state/port.ts'
import type { StateOptions } from './state/task-state.ts'

export interface TaskOptions {
  /** Events taken at once: bounds how long the thread is held. */
  readonly batchEventsMax: number
  /** Wall time without an event after which an input no longer holds the watermark back. */
  readonly idleMs: number
  /** An event dated further ahead of the wall clock than this is put aside. */
  readonly futureMsMax: number
  /** Event ids known per input partition: at least this many of the last. */
  readonly eventIdsMax: number
  /** Timers fired after one batch. */
  readonly timersMax: number
  /**
   * `until-on-disk` drops changelog that this disk stands for: right where there is one disk. `keep` leaves
   * it for workers that start without one. `sweep` leaves them as much as they need: see `ChangelogSweep`.
   */
  readonly changelog: 'until-on-disk' | 'keep' | 'sweep'
  readonly state: StateOptions
}

export interface TaskServices {
  readonly log: Log
  readonly state: StateStorage
  readonly clock: Clock
  readonly metrics: Metrics
  /** Left out where every record is written with the schemas of this code. */
  readonly schemas?: InputSchemas
  /**
   * Whether a task that stopped on an error may be opened again now; left out where nobody else could have it. One that
   * does not know would take it from its new owner.
   */
  readonly mayReopen?: () => boolean
  /**
   * Events to take at once just now, where that is fewer than `batchEventsMax`: somebody waits for the thread. Left out
   * where nobody ever does.
   */
  readonly batchEvents?: () => number
  /** Hears why a task starts over from what is committed, or tries a commit again: nothing is lost, but people ask. */
  readonly failed?: (failure: EngineError, taskId: string) => void
}
