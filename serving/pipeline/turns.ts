import { ServingError } from '../errors.ts'

export interface TurnLimits {
  /** Feeds ranked at a time. */
  readonly atOnceMax: number
  /** Requests that may wait for their turn. */
  readonly waitingMax: number
}

/**
 * One thread ranks all feeds: a few at a time, so that one is filled while another is scored. With more each would
 * take as long as all together, and stages would be dropped as late though none is slow.
 */
export const TURN_DEFAULTS: TurnLimits = { atOnceMax: 4, waitingMax: 1_000 }

/** Lets a few in at a time, first come, first served. */
export class Turns {
  private readonly limits: TurnLimits
  private readonly waiting: (() => void)[] = []
  private taken = 0

  constructor(limits: TurnLimits = TURN_DEFAULTS) {
    this.limits = limits
  }

  /** Somebody's turn has come and is not over. */
  get isTaken(): boolean {
    return this.taken > 0
  }

  get waitingCount(): number {
    return this.waiting.length
  }

  /** Does the work when its turn has come. Throws `TOO_MANY_REQUESTS` when too many wait already. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.taken < this.limits.atOnceMax) this.taken++
    else await this.wait()
    try {
      return await work()
    } finally {
      const next = this.waiting.shift()
      if (next === undefined) this.taken--
      else next()
    }
  }

  private wait(): Promise<void> {
    const { waitingMax } = this.limits
    if (this.waiting.length >= waitingMax) {
      throw new ServingError('TOO_MANY_REQUESTS', `${waitingMax} feeds wait to be ranked`)
    }
    return new Promise((resolve) => this.waiting.push(resolve))
  }
}
