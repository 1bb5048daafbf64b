import { Worker } from 'node:worker_threads'
import { ModelError } from '../errors.ts'
import type { Answer, Request, Task, ThreadData } from './messages.ts'

/** How a thread is started; tests keep hold of what it answers, to kill it. */
export type Spawn = (data: ThreadData) => Worker

/** Beside this file, as it was written or as it was compiled. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

export const spawnWorker: Spawn = (workerData) => new Worker(WORKER, { workerData, name: 'freshet-scorer' })

interface Waiting {
  resolve(): void
  reject(error: ModelError): void
}

/** The owner's side of one scorer's thread: asks, and says when it has died. */
export class ScorerThread {
  /** Versions it holds, or is about to. */
  readonly loaded = new Set<string>()
  private readonly worker: Worker
  private readonly waiting = new Map<number, Waiting>()
  private cause: Error | undefined
  private hasExited = false
  private nextId = 0

  constructor(worker: Worker, onExit: () => void) {
    this.worker = worker
    worker.on('message', (answer: Answer) => this.settle(answer))
    worker.on('error', (error) => (this.cause = error as Error))
    worker.once('exit', () => {
      this.hasExited = true
      for (const waiting of this.waiting.values()) waiting.reject(this.crashed())
      this.waiting.clear()
      onExit()
    })
  }

  /** Tasks that it was given and has not answered. */
  get busy(): number {
    return this.waiting.size
  }

  /** Throws what the task throws, or `SCORER_CRASHED`. */
  async ask(task: Task): Promise<void> {
    if (this.hasExited) throw this.crashed()
    const id = this.nextId++
    return new Promise<void>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      const request: Request = { id, task }
      this.worker.postMessage(request)
    })
  }

  async terminate(): Promise<void> {
    await this.worker.terminate()
  }

  private settle({ id, error }: Answer): void {
    const waiting = this.waiting.get(id)
    this.waiting.delete(id)
    if (error === undefined) waiting?.resolve()
    else waiting?.reject(new ModelError(error.code, error.detail))
  }

  private crashed(): ModelError {
    const why = this.cause === undefined ? '' : `: ${this.cause.message}`
    return new ModelError('SCORER_CRASHED', `a scorer's thread has died${why}`, { cause: this.cause })
  }
}
