import { Worker } from 'node:worker_threads'
import { TaskThread } from '../threads/task-thread.ts'
import { threadFile } from '../../engine/thread-file.ts'
import type { Task, ThreadData } from './messages.ts'

/** How a thread is started; tests keep hold of what it answers, to kill it. */
export type Spawn = (data: ThreadData) => Worker

const WORKER = threadFile(import.meta.url, 'worker')

export const spawnWorker: Spawn = (workerData) => new Worker(WORKER, { workerData, name: 'freshet-scorer' })

/** The owner's side of one scorer's thread; a task fails with `SCORER_CRASHED` where it has died. */
export class ScorerThread extends TaskThread<Task, number> {
  /** Versions it holds, or is about to. */
  readonly loaded = new Set<string>()

  constructor(worker: Worker, exited: () => void) {
    super(worker, { crash: 'SCORER_CRASHED', name: "a scorer's thread", exited })
  }
}
