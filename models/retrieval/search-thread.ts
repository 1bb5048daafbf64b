import { Worker } from 'node:worker_threads'
import { ModelError } from '../errors.ts'
import type { SearchAnswer, SearchRequest, SearchTask, SearchThreadData } from './messages.ts'
import type { ViewerSide } from './tower-inputs.ts'
import { type Matches, NO_MATCHES } from './vector-index.ts'

/** Beside this file, as it was written or as it was compiled. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

/** Searches that may wait for the thread; more are refused, for they would come too late for their feed. */
export const SEARCHES_WAITING_MAX = 64

interface Waiting {
  resolve(matches: Matches | undefined): void
  reject(error: ModelError): void
}

/** The owner's side of the searching thread: see `PostSearch` for what it does. */
export class SearchThread {
  private readonly worker: Worker
  private readonly waiting = new Map<number, Waiting>()
  private searches = 0
  private cause: Error | undefined
  private hasExited = false
  private nextId = 0

  private constructor(worker: Worker) {
    this.worker = worker
    worker.on('message', (answer: SearchAnswer) => this.settle(answer))
    worker.on('error', (error) => (this.cause = error as Error))
    worker.once('exit', () => {
      this.hasExited = true
      for (const waiting of this.waiting.values()) waiting.reject(this.crashed())
      this.waiting.clear()
    })
    // Nothing is waited for when the process has nothing else to do.
    worker.unref()
  }

  static start(towers: Float32Array): SearchThread {
    const workerData: SearchThreadData = { towers }
    return new SearchThread(new Worker(WORKER, { workerData, name: 'freshet-search' }))
  }

  /** It has died: what it held is lost. */
  get isGone(): boolean {
    return this.hasExited
  }

  /** Arrays are handed over: they are empty for the caller afterwards. Throws `SEARCH_CRASHED`. */
  async put(slots: Uint32Array<ArrayBuffer>, items: Int8Array<ArrayBuffer>): Promise<void> {
    await this.ask({ kind: 'put', slots, items }, [slots.buffer, items.buffer])
  }

  /** Throws `SEARCH_CRASHED`. */
  async remove(slots: Uint32Array): Promise<void> {
    await this.ask({ kind: 'remove', slots })
  }

  /** Throws `SEARCH_BUSY`, `SEARCH_CRASHED`. */
  async search(viewer: ViewerSide, count: number): Promise<Matches> {
    if (this.searches >= SEARCHES_WAITING_MAX) {
      throw new ModelError('SEARCH_BUSY', `${this.searches} searches wait already`)
    }
    this.searches++
    try {
      return (await this.ask({ kind: 'search', viewer, count })) ?? NO_MATCHES
    } finally {
      this.searches--
    }
  }

  /** Throws `SEARCH_CRASHED`. */
  async swap(towers: Float32Array): Promise<void> {
    await this.ask({ kind: 'swap', towers })
  }

  async close(): Promise<void> {
    await this.worker.terminate()
  }

  private async ask(task: SearchTask, transfer: ArrayBuffer[] = []): Promise<Matches | undefined> {
    if (this.hasExited) throw this.crashed()
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      const request: SearchRequest = { id, task }
      this.worker.postMessage(request, transfer)
    })
  }

  private settle({ id, matches, error }: SearchAnswer): void {
    const waiting = this.waiting.get(id)
    this.waiting.delete(id)
    if (error === undefined) waiting?.resolve(matches)
    else waiting?.reject(new ModelError('SEARCH_FAILED', error))
  }

  private crashed(): ModelError {
    const why = this.cause === undefined ? '' : `: ${this.cause.message}`
    return new ModelError('SEARCH_CRASHED', `the searching thread has died${why}`, { cause: this.cause })
  }
}
