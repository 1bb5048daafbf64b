import { clientGone, ServingError } from '../errors.ts'
import type { Alarm } from './alarm.ts'

export interface TurnLimits {
  /** Feeds ranked at a time. */
  readonly atOnceMax: number
  /** Requests that may wait for their turn. */
  readonly waitingMax: number
  /** How long each of them may wait. */
  readonly waitMsMax: number
}

/**
 * One thread ranks all feeds: a few at a time, so that one is filled while another is scored. With more each would
 * take as long as all together, and stages would be dropped as late though none is slow. A reader of a feed has gone
 * elsewhere long before ten seconds are over: whoever has waited so long had better be told to come back.
 */
export const TURN_DEFAULTS: TurnLimits = { atOnceMax: 4, waitingMax: 1_000, waitMsMax: 10_000 }

/** Lets a few in at a time, first come, first served. */
export class Turns {
  private readonly alarm: Alarm
  private readonly limits: TurnLimits
  /** What begins each turn, in the order they came. */
  private readonly waiting = new Set<() => void>()
  private taken = 0

  constructor(alarm: Alarm, limits: TurnLimits = TURN_DEFAULTS) {
    this.alarm = alarm
    this.limits = limits
  }

  /** Somebody's turn has come and is not over. */
  get isTaken(): boolean {
    return this.taken > 0
  }

  get waitingCount(): number {
    return this.waiting.size
  }

  /**
   * Does the work when its turn has come. Throws `OVERLOADED` when too many wait already, or it has waited too long;
   * and `CLIENT_GONE` once the signal is aborted while it waits.
   */
  async take<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    if (this.taken < this.limits.atOnceMax) this.taken++
    else await this.wait(signal)
    try {
      return await work()
    } finally {
      const [next] = this.waiting
      if (next === undefined) this.taken--
      else next()
    }
  }

  private wait(signal: AbortSignal | undefined): Promise<void> {
    const { waitingMax, waitMsMax } = this.limits
    if (this.waiting.size >= waitingMax) throw overloaded(`${waitingMax} feeds wait to be ranked`)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.delete(begin)
        signal?.removeEventListener('abort', hangUp)
        cancel()
      }
      const begin = (): void => {
        leave()
        resolve()
      }
      const hangUp = (): void => {
        leave()
        reject(clientGone())
      }
      const cancel = this.alarm.after(waitMsMax, () => {
        leave()
        reject(overloaded(`it has waited for ${waitMsMax} ms to be ranked`))
      })
      signal?.addEventListener('abort', hangUp)
      this.waiting.add(begin)
    })
  }
}

const overloaded = (detail: string): ServingError => new ServingError('OVERLOADED', detail)
