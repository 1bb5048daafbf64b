import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf } from '../../engine/key.ts'
import { Timers } from '../../engine/timers.ts'
import { emptyStore, rowCount } from './stores.ts'

interface Timer {
  readonly time: number
  readonly processor: number
  readonly key: string
}

type Step =
  | ({ readonly kind: 'set' } & Timer)
  | { readonly kind: 'take'; readonly watermark: number; readonly max: number }
  | { readonly kind: 'reopen' }

const times = fc.oneof(fc.nat(50), fc.constantFrom(2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER))
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('set' as const),
        time: times,
        processor: fc.constantFrom(1, 2, 300),
        key: fc.constantFrom('a', 'b', 'b\0c', 'ü', 'k'.repeat(320)),
      }),
    },
    fc.record({ kind: fc.constant('take' as const), watermark: times, max: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('reopen' as const) }),
  ),
  { maxLength: 200 },
)

const inOrder = (one: Timer, other: Timer): number =>
  one.time - other.time ||
  one.processor - other.processor ||
  Buffer.compare(Buffer.from(one.key), Buffer.from(other.key))

const set = (timers: Timers, { time, processor, key }: Timer): void => {
  const bytes = keyOf(key)
  timers.set(time, processor, bytes, 0, bytes.length)
}

describe('timers', () => {
  it('fire once each, oldest first, when the watermark reaches them, across restarts', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const store = await emptyStore()
        let timers = new Timers(store)
        let model: Timer[] = []
        for (const step of sequence) {
          if (step.kind === 'reopen') timers = new Timers(store)
          else if (step.kind === 'set') {
            const { time, processor, key } = step
            set(timers, step)
            const known = model.some((each) => inOrder(each, step) === 0)
            if (!known) model = [...model, { time, processor, key }].sort(inOrder)
          } else {
            const due = timers.take(step.watermark, step.max)
            const expected = model.filter(({ time }) => time <= step.watermark).slice(0, step.max)
            expect(due.map(({ key, ...rest }) => ({ ...rest, key: key.toString() }))).toEqual(expected)
            model = model.slice(expected.length)
          }
          expect(timers.size).toBe(model.length)
          expect(rowCount(store)).toBe(model.length)
        }
      }),
    )
  })

  it('of a time before 1970 fire at once', async () => {
    const timers = new Timers(await emptyStore())
    set(timers, { time: -5, processor: 1, key: 'a' })
    expect(timers.take(0, 10)).toEqual([{ time: 0, processor: 1, key: Buffer.from('a') }])
  })

  it('may be set again for the time at which they fired', async () => {
    const timers = new Timers(await emptyStore())
    const timer = { time: 5, processor: 1, key: 'a' }
    set(timers, timer)
    expect(timers.take(5, 10)).toHaveLength(1)
    set(timers, timer)
    expect(timers.take(5, 10)).toHaveLength(1)
    expect(timers.take(5, 10)).toHaveLength(0)
  })
})
