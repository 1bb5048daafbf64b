import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SlidingCount } from '../../../cli/live/sliding-count.ts'
import { SlidingSamples } from '../../../cli/live/sliding-samples.ts'

/** Steps of time and a value at each. */
const steps = fc.array(
  fc.record({ waitMs: fc.integer({ min: 0, max: 3_000 }), value: fc.integer({ min: 0, max: 50 }) }),
)

const timed = (given: readonly { waitMs: number; value: number }[]): { atMs: number; value: number }[] => {
  let atMs = 0
  return given.map(({ waitMs, value }) => ({ atMs: (atMs += waitMs), value }))
}

test('a rate counts what happened in the last whole seconds, and nothing else', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 8_000 }), (given, laterMs) => {
      const count = new SlidingCount(5)
      const events = timed(given)
      for (const { value, atMs } of events) count.add(value, atMs)
      const now = (events.at(-1)?.atMs ?? 0) + laterMs
      const second = Math.floor(now / 1_000)
      const within = events.filter(({ atMs }) => atMs >= (second - 5) * 1_000 && atMs < second * 1_000)
      expect(count.perSecond(now)).toBe(within.reduce((sum, { value }) => sum + value, 0) / 5)
    }),
  )
})

test('a quantile is the smallest sample of the window that enough others do not exceed', () => {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 0, max: 6_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (given, laterMs, quantile) => {
        const samples = new SlidingSamples(5_000, 8)
        const events = timed(given)
        for (const { value, atMs } of events) samples.add(value, atMs)
        const now = (events.at(-1)?.atMs ?? 0) + laterMs
        const within = events
          .slice(-8)
          .filter(({ atMs }) => atMs > now - 5_000)
          .map(({ value }) => value)
        const enough = within.filter(
          (each) => within.filter((other) => other <= each).length >= quantile * within.length,
        )
        expect(samples.quantiles([quantile], now)).toEqual([enough.length === 0 ? null : Math.min(...enough)])
      },
    ),
  )
})
