import { EngineError } from '../../engine/errors.ts'
import type { Worker } from '../../engine/worker.ts'
import type { WorkerSettings } from './settings.ts'

/** A worker of a fleet, in this process. */
export interface RunningWorker {
  /** Runs the tasks that this member has now; read its stores from here. */
  readonly worker: Worker
  /** Of its metrics and health; undefined when no port was given. */
  readonly url: string | undefined
  /** What it does now, and how far it is. */
  status(): WorkerStatus
  /** Throws what only a person can mend, once it has stopped on it. */
  assertRunning(): void
  /** Hands its tasks over, leaves the group and closes everything. Idempotent. */
  close(): Promise<void>
}

export interface WorkerStatus {
  readonly member: string
  /** Members heard of lately, itself among them. */
  readonly members: readonly string[]
  /** Tasks that it runs. */
  readonly active: readonly string[]
  /** Tasks that it is to run and whose state it still restores. */
  readonly restoring: readonly string[]
  /** Tasks whose state it keeps up to date for others. */
  readonly standby: readonly string[]
  /** Records readable but not yet processed, of the tasks that it runs. */
  readonly lagRecords: number
}

/**
 * Connects, makes the topics that are missing, joins the group and processes what it is assigned. Throws an
 * `EngineError`. In the making: it refuses to start until the fleet behind it is there.
 */
export const startWorker = async (_settings: WorkerSettings): Promise<RunningWorker> => {
  throw new EngineError('TOPOLOGY_INVALID', 'workers on Kafka are in the making')
}
