import type { TransferListItem, Worker } from 'node:worker_threads'
import { ModelError, type ModelErrorCode } from '../errors.ts'
import { type Answered, type Asked, CLOSE } from './messages.ts'

/** Longer than any task; a thread that has not ended by then is stopped by force. */
const CLOSE_MS_MAX = 10_000

export interface TaskThreadOptions {
  /** How a task fails whose thread has died. */
  readonly crash: ModelErrorCode
  /** What the thread is called in errors. */
  readonly name: string
  readonly exited?: () => void
}

interface Waiting<Result> {
  resolve(result: Result): void
  reject(error: ModelError): void
}

/** The owner's side of a thread that does tasks, in order: asks, and says when it has died. */
export class TaskThread<Task, Result> {
  private readonly worker: Worker
  private readonly options: TaskThreadOptions
  private readonly waiting = new Map<number, Waiting<Result>>()
  private readonly ended: Promise<void>
  private cause: Error | undefined
  private isOver = false
  private nextId = 0

  constructor(worker: Worker, options: TaskThreadOptions) {
    this.worker = worker
    this.options = options
    worker.on('message', (answer: Answered<Result>) => this.settle(answer))
    worker.on('error', (error) => (this.cause = error as Error))
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.end()
        options.exited?.()
        resolve()
      })
    })
  }

  /** Tasks that it was given and has not answered. */
  get busy(): number {
    return this.waiting.size
  }

  /** It has died or is closed. */
  get isGone(): boolean {
    return this.isOver
  }

  /** Throws what the task throws, or the error of a crash. What is transferred is empty for the caller afterwards. */
  async ask(task: Task, transfer: readonly TransferListItem[] = []): Promise<Result> {
    if (this.isOver) throw this.crashed()
    const id = this.nextId++
    return new Promise<Result>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      const asked: Asked<Task> = { id, task }
      this.worker.postMessage(asked, transfer)
    })
  }

  /**
   * Ends the thread after the task it is at; whoever waits is told that it has died. Native code that is at work
   * when its thread is stopped by force may take the whole process with it, so that force is the last resort.
   */
  async close(): Promise<void> {
    this.end()
    this.worker.ref()
    this.worker.postMessage(CLOSE)
    const force = setTimeout(() => void this.worker.terminate(), CLOSE_MS_MAX)
    await this.ended
    clearTimeout(force)
  }

  private settle({ id, result, error }: Answered<Result>): void {
    const waiting = this.waiting.get(id)
    this.waiting.delete(id)
    if (error === undefined) waiting?.resolve(result as Result)
    else waiting?.reject(new ModelError(error.code, error.detail))
  }

  private end(): void {
    this.isOver = true
    for (const waiting of this.waiting.values()) waiting.reject(this.crashed())
    this.waiting.clear()
  }

  private crashed(): ModelError {
    const { crash, name } = this.options
    const why = this.cause === undefined ? '' : `: ${this.cause.message}`
    return new ModelError(crash, `${name} has died${why}`, { cause: this.cause })
  }
}
