import { ModelError } from '../errors.ts'

/** Requests that may wait for a lease; more than these would wait longer than any feed may take. */
export const LEASES_WAITING_MAX = 256

interface Waiter {
  grant(slot: number): void
  fail(error: unknown): void
}

/** Hands out slots, first come, first served. */
export class LeaseQueue {
  private readonly free: number[]
  private readonly slots: number
  private readonly waiters = new Set<Waiter>()
  private isClosed = false

  constructor(slots: number) {
    this.slots = slots
    this.free = Array.from({ length: slots }, (_, slot) => slot)
  }

  get leased(): number {
    return this.slots - this.free.length
  }

  get waiting(): number {
    return this.waiters.size
  }

  /** Throws `SCORERS_BUSY`, `SCORERS_CLOSED`, or the signal's reason. */
  async take(signal?: AbortSignal): Promise<number> {
    signal?.throwIfAborted()
    if (this.isClosed) throw closed()
    const slot = this.free.pop()
    if (slot !== undefined) return slot
    if (this.waiters.size >= LEASES_WAITING_MAX) {
      throw new ModelError('SCORERS_BUSY', `${LEASES_WAITING_MAX} requests wait for a scorer already`)
    }
    return this.wait(signal)
  }

  giveBack(slot: number): void {
    const [next] = this.waiters
    if (next === undefined) this.free.push(slot)
    else next.grant(slot)
  }

  /** Nothing is handed out from now on; who waits is told so. */
  close(): void {
    this.isClosed = true
    for (const waiter of this.waiters) waiter.fail(closed())
  }

  private async wait(signal: AbortSignal | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.waiters.delete(waiter)
        signal?.removeEventListener('abort', abort)
      }
      const waiter: Waiter = {
        grant: (slot) => {
          settle()
          resolve(slot)
        },
        fail: (error) => {
          settle()
          reject(error)
        },
      }
      const abort = (): void => waiter.fail(signal?.reason)
      signal?.addEventListener('abort', abort)
      this.waiters.add(waiter)
    })
  }
}

const closed = (): ModelError => new ModelError('SCORERS_CLOSED', 'no lease is given out any more')
