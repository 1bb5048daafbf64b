import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../cli/runtime/clock.ts'
import type { Embedded } from '../cli/runtime/embedded.ts'
import type { Envelope } from '../schemas/envelope.ts'

export interface Streaming {
  readonly embedded: Embedded
  readonly perSecond: number
  /** Between two appends. */
  readonly everyMs: number
  /** An event that happens at a time. */
  readonly next: (at: number) => Envelope
  /** Asked before each append. */
  readonly isOn: () => boolean
}

/**
 * Publishes so many events a second. What is due is published at once, however late: publishers do not wait for who
 * processes. Answers how many a second it came to.
 */
export const streamed = async (streaming: Streaming): Promise<number> => {
  const { embedded, perSecond, everyMs, next, isOn } = streaming
  const started = systemClock.monotonicMs()
  let sent = 0
  while (isOn()) {
    const now = systemClock.now()
    const due = Math.floor(((systemClock.monotonicMs() - started) * perSecond) / 1_000) - sent
    await embedded.publish(Array.from({ length: due }, () => next(now)))
    sent += due
    await sleep(everyMs)
  }
  return (sent / (systemClock.monotonicMs() - started)) * 1_000
}
