import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Watermark } from '../../engine/watermark.ts'

const IDLE_MS = 1_000
const FUTURE_MS = 30_000

type Step = { readonly kind: 'event'; input: number; time: number } | { readonly kind: 'wait'; ms: number }

const INPUTS = 3
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('event' as const),
        input: fc.nat(INPUTS - 1),
        time: fc.nat(100_000),
      }),
    },
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(2 * IDLE_MS) }),
  ),
)

/** Null: an echo, which says nothing of time. */
const graceOrEcho = fc.option(fc.nat(5_000))

/** The definition, over everything that happened. */
const oracle = (
  grace: readonly (number | null)[],
  done: readonly (Step & { wallMs: number })[],
  wallMs: number,
): number => {
  const bounds: number[] = []
  for (let input = 0; input < INPUTS; input++) {
    const events = done.filter((step) => step.kind === 'event' && step.input === input)
    const heard = Math.max(-Infinity, ...events.map((step) => step.wallMs))
    const times = events.map((step) =>
      step.kind === 'event' ? Math.min(step.time, step.wallMs + FUTURE_MS) : 0,
    )
    const newest = Math.max(-Infinity, ...times)
    const ownGrace = grace[input]!
    if (ownGrace !== null && wallMs - heard < IDLE_MS) bounds.push(newest - ownGrace)
  }
  return bounds.length === 0 ? -Infinity : Math.min(...bounds)
}

describe('a watermark', () => {
  it('is the least of newest minus grace over the inputs that are neither idle nor echoes, and never goes back', () => {
    fc.assert(
      fc.property(fc.tuple(graceOrEcho, graceOrEcho, graceOrEcho), steps, (grace, sequence) => {
        const watermark = new Watermark(grace, IDLE_MS, FUTURE_MS)
        const done: (Step & { wallMs: number })[] = []
        let wallMs = 5_000
        let expected = -Infinity
        for (const step of sequence) {
          if (step.kind === 'wait') wallMs += step.ms
          else {
            const late = grace[step.input] !== null && step.time < expected
            expect(watermark.observe(step.input, step.time, wallMs)).toBe(late)
            done.push({ ...step, wallMs })
          }
          watermark.advance(wallMs)
          expected = Math.max(expected, oracle(grace, done, wallMs))
          expect(watermark.value).toBe(expected)
        }
      }),
    )
  })

  it('waits for an input just restored, for as long as an idle one is waited for', () => {
    const watermark = new Watermark([0, 0], IDLE_MS, FUTURE_MS)
    watermark.restore(0, 50, 5_000)
    watermark.restore(1, 10, 5_000)
    watermark.advance(5_000)
    expect(watermark.value).toBe(10)
    watermark.observe(0, 90, 5_000 + IDLE_MS)
    watermark.advance(5_000 + IDLE_MS)
    expect(watermark.value).toBe(90)
  })

  it('runs ahead of wall time by no more than clocks may differ: one wrong time makes nothing late', () => {
    const watermark = new Watermark([0], IDLE_MS, FUTURE_MS)
    watermark.observe(0, 9_000_000, 5_000)
    watermark.advance(5_000)
    expect(watermark.value).toBe(5_000 + FUTURE_MS)
    expect(watermark.observe(0, 5_000 + FUTURE_MS + 1, 6_000)).toBe(false)
  })

  it('takes up nothing that lies ahead of wall time: one wrong time before is forgotten at a restart', () => {
    const watermark = new Watermark([0], IDLE_MS, FUTURE_MS)
    watermark.restore(0, 9_000_000, 5_000)
    watermark.resume(9_000_000, 5_000)
    expect(watermark.value).toBe(5_000 + FUTURE_MS)
    watermark.advance(5_000)
    expect(watermark.value).toBe(5_000 + FUTURE_MS)
    expect(watermark.observe(0, 5_000 + FUTURE_MS + 1, 6_000)).toBe(false)
  })

  it('stands still when every input is idle', () => {
    const watermark = new Watermark([0], IDLE_MS, FUTURE_MS)
    watermark.observe(0, 70, 5_000)
    watermark.advance(5_000 + IDLE_MS)
    expect(watermark.value).toBe(-Infinity)
  })
})
