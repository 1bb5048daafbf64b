import type { Millis } from '../schemas/ids.ts'

/** Wall time, and a monotonic one for measuring. Simulated in tests, so that a run is a function of its seed. */
export interface Clock {
  /** Wall time. */
  now(): Millis
  /** Monotonic milliseconds from an arbitrary start. */
  monotonicMs(): number
}
