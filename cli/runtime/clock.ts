import { performance } from 'node:perf_hooks'
import type { Clock } from '../../engine/clock.ts'
import { millis } from '../../schemas/ids.ts'

/** The machine's own time: the edge where real time enters. */
export const systemClock: Clock = {
  now: () => millis(Date.now()),
  monotonicMs: () => performance.now(),
}
