import { millis, type Millis } from '../../schemas/ids.ts'
import type { Clock } from '../clock.ts'

/** A clock that moves only when told. */
export class SimulatedClock implements Clock {
  private wallMs: number

  constructor(startMs: number) {
    this.wallMs = startMs
  }

  now(): Millis {
    return millis(this.wallMs)
  }

  monotonicMs(): number {
    return this.wallMs
  }

  advance(ms: number): void {
    this.wallMs += ms
  }
}
