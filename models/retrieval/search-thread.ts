import { Worker } from 'node:worker_threads'
import { ModelError } from '../errors.ts'
import { TaskThread } from '../threads/task-thread.ts'
import { threadFile } from '../../engine/thread-file.ts'
import type { SearchTask, SearchThreadData } from './messages.ts'
import type { ViewerSide } from './tower-inputs.ts'
import type { Matches } from './vector-index.ts'

const WORKER = threadFile(import.meta.url, 'worker')

/** Searches that may wait for the thread; more are refused, for they would come too late for their feed. */
export const SEARCHES_WAITING_MAX = 64

/** The owner's side of the searching thread: see `PostSearch` for what it does. */
export class SearchThread {
  private readonly thread: TaskThread<SearchTask, Matches>
  private searches = 0

  private constructor(worker: Worker) {
    this.thread = new TaskThread(worker, { crash: 'SEARCH_CRASHED', name: 'the searching thread' })
    // Nothing is waited for when the process has nothing else to do.
    worker.unref()
  }

  static start(towers: Float32Array): SearchThread {
    const workerData: SearchThreadData = { towers }
    return new SearchThread(new Worker(WORKER, { workerData, name: 'freshet-search' }))
  }

  /** It has died: what it held is lost. */
  get isGone(): boolean {
    return this.thread.isGone
  }

  /** Arrays are handed over: they are empty for the caller afterwards. Throws `SEARCH_CRASHED`. */
  async put(slots: Uint32Array<ArrayBuffer>, items: Int8Array<ArrayBuffer>): Promise<void> {
    await this.thread.ask({ kind: 'put', slots, items }, [slots.buffer, items.buffer])
  }

  /** Throws `SEARCH_CRASHED`. */
  async remove(slots: Uint32Array): Promise<void> {
    await this.thread.ask({ kind: 'remove', slots })
  }

  /** Throws `SEARCH_BUSY`, `SEARCH_CRASHED`. */
  async search(viewer: ViewerSide, count: number): Promise<Matches> {
    if (this.searches >= SEARCHES_WAITING_MAX) {
      throw new ModelError('SEARCH_BUSY', `${this.searches} searches wait already`)
    }
    this.searches++
    try {
      return await this.thread.ask({ kind: 'search', viewer, count })
    } finally {
      this.searches--
    }
  }

  /** Throws `SEARCH_CRASHED`. */
  async swap(towers: Float32Array): Promise<void> {
    await this.thread.ask({ kind: 'swap', towers })
  }

  /** Does now what is done behind searches otherwise: for who measures them. Throws `SEARCH_CRASHED`. */
  async settle(): Promise<void> {
    await this.thread.ask({ kind: 'settle' })
  }

  async close(): Promise<void> {
    await this.thread.close()
  }
}
