import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { threadFile } from '../thread-file.ts'

/** What the writing thread is told: where the rows lie, in memory that both share. */
export interface RowsToWrite {
  readonly column: string
  readonly memory: SharedArrayBuffer
  readonly length: number
}

/** What it answers, in the order it was told: how it failed, if it did. */
export interface RowsWritten {
  readonly failure?: { readonly message: string; readonly code: string | undefined }
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const THREAD = threadFile(import.meta.url, 'row-writer-thread')

/**
 * A thread that writes rows into an open database, so that the one that makes them need not wait: RocksDB
 * takes writes of several threads. One database has one, started with the first rows it is given.
 */
export class RowWriter {
  private readonly handle: bigint
  private readonly waiting: Waiting[] = []
  private thread: Worker | undefined

  /** `handle` is the open database's. */
  constructor(handle: bigint) {
    this.handle = handle
  }

  /**
   * Resolves when the rows are written, in their order and in several steps: the last is there only if all are. Throws when
   * it is not. The memory must not change meanwhile.
   */
  write(column: string, bytes: Buffer): Promise<void> {
    const thread = (this.thread ??= this.start())
    thread.ref()
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject })
      const memory = bytes.buffer as unknown as SharedArrayBuffer
      thread.postMessage({ column, memory, length: bytes.length } satisfies RowsToWrite)
    })
  }

  /** Ends the thread; call it when nothing is being written. */
  async close(): Promise<void> {
    const { thread } = this
    this.thread = undefined
    if (thread === undefined) return
    const ended = once(thread, 'exit')
    thread.postMessage(null)
    thread.ref()
    await ended
  }

  private start(): Worker {
    const thread = new Worker(THREAD, { workerData: this.handle })
    thread.on('message', (written: RowsWritten) => this.answer(written))
    thread.on('error', (error) => this.fail(error))
    thread.unref()
    return thread
  }

  private answer({ failure }: RowsWritten): void {
    const { resolve, reject } = this.waiting.shift()!
    if (this.waiting.length === 0) this.thread?.unref()
    if (failure === undefined) resolve()
    else reject(Object.assign(new Error(failure.message), { code: failure.code }))
  }

  /** The thread is gone: what it was to write is refused, and the next rows start another. */
  private fail(error: Error): void {
    this.thread = undefined
    for (const { reject } of this.waiting.splice(0)) reject(error)
  }
}
