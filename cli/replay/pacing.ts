import type { Millis } from '../../schemas/ids.ts'
import { readEnvelope } from '../../schemas/envelope.ts'
import type { Line } from '../intake/line-splitter.ts'

/** Plays events at a multiple of the speed at which they happened. */
export class Pacing {
  private readonly speed: number
  private readonly nowMs: () => number
  private firstAt: number | undefined
  private startedMs = 0

  /** `speed` 60 plays an hour in a minute. */
  constructor(speed: number, nowMs: () => number) {
    this.speed = speed
    this.nowMs = nowMs
  }

  /** How long to wait before an event of this time; 0 or less for not at all. */
  waitMs(at: Millis): number {
    if (this.firstAt === undefined) {
      this.firstAt = at
      this.startedMs = this.nowMs()
    }
    return this.startedMs + (at - this.firstAt) / this.speed - this.nowMs()
  }
}

/** Event time of a line; undefined for one that will be refused. */
export const timeOf = ({ buffer, start, end }: Line): Millis | undefined => {
  try {
    const { contract, value } = readEnvelope(buffer, start, end)
    return contract.timeOf(value)
  } catch {
    return undefined
  }
}
