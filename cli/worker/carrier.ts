import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { EngineError } from '../../engine/errors.ts'
import type { TaskPlace } from '../../features/sink/task-mark.ts'
import { threadFile } from '../../engine/thread-file.ts'
import type { CarrierData, CarryLag, FromCarrier, ToCarrier } from './carrier-messages.ts'

const THREAD = threadFile(import.meta.url, 'carrier-thread')

/**
 * Carries the rows of tasks from their changelogs to Redis, on a thread of its own: making requests of rows takes a
 * fifth of what processing them does, and a batch under way would hold up each step of both.
 */
export class Carrier {
  private readonly thread: Worker
  private readonly ended: Promise<unknown>
  private readonly asked = new Map<number, (lag: CarryLag) => void>()
  private asks = 0
  private lastLag: CarryLag = { offsets: 0, unknown: 0 }

  private constructor(thread: Worker) {
    this.thread = thread
    this.ended = once(thread, 'exit')
  }

  /**
   * Resolves when it carries, or has met an error that passes: it then tries again until Kafka and Redis answer. Throws
   * an `EngineError` that a person must mend. `failed` hears of all that come later, and of those that pass.
   */
  static async open(data: CarrierData, failed: (error: EngineError) => void): Promise<Carrier> {
    const thread = new Worker(THREAD, { workerData: data, name: 'freshet-carrier' })
    const carrier = new Carrier(thread)
    try {
      await carrier.begin(failed)
      return carrier
    } catch (error) {
      await carrier.close()
      throw error
    }
  }

  /** Carries these tasks from now on, and no others. */
  assign(places: readonly TaskPlace[]): void {
    this.tell({ kind: 'assign', places })
  }

  /** How far Redis is behind what was committed before the call, or, where the brokers do not answer, was known of. */
  lag(): Promise<CarryLag> {
    const id = this.asks++
    return new Promise((resolve) => {
      this.asked.set(id, resolve)
      this.tell({ kind: 'lag', id })
    })
  }

  async close(): Promise<void> {
    this.tell({ kind: 'close' })
    await this.ended
    for (const resolve of this.asked.values()) resolve(this.lastLag)
  }

  private begin(failed: (error: EngineError) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      let hear = (error: EngineError): void => {
        if (error.recovery !== 'retry') return reject(error)
        hear = failed
        failed(error)
        resolve()
      }
      this.thread.on('message', (message: FromCarrier) => {
        if (message.kind === 'failed') hear(errorOf(message))
        else if (message.kind === 'lag') this.answer(message.id, message.lag)
        else {
          hear = failed
          resolve()
        }
      })
    })
  }

  private answer(id: number, lag: CarryLag): void {
    this.lastLag = lag
    this.asked.get(id)?.(lag)
    this.asked.delete(id)
  }

  private tell(message: ToCarrier): void {
    this.thread.postMessage(message)
  }
}

const errorOf = ({ code, detail }: Extract<FromCarrier, { readonly kind: 'failed' }>): EngineError =>
  new EngineError(code, detail)
