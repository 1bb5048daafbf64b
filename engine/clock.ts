import { type Millis, MINUTE_MS } from '../schemas/ids.ts'

/** How far ahead of a process's clock a time may be, for no two clocks agree. */
export const FUTURE_MS_MAX = 5 * MINUTE_MS

/** Wall time, and a monotonic one for measuring. Simulated in tests, so that a run is a function of its seed. */
export interface Clock {
  /** Wall time. */
  now(): Millis
  /** Monotonic milliseconds from an arbitrary start. */
  monotonicMs(): number
}
