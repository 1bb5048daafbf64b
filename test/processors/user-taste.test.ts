import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentVectorOf } from '../../processors/content/content-vector.ts'
import { CONTENT_SCALE } from '../../processors/content/direction.ts'
import { tasteWeight } from '../../processors/content/taste-weights.ts'
import { ERASURE_MEMORY_MS } from '../../processors/erasure.ts'
import { erasures } from '../../processors/topics.ts'
import { type TasteReaction, tasteReactions } from '../../processors/topics/taste-reaction.ts'
import { TOUCH_DWELL_MS_MIN } from '../../processors/touched-authors.ts'
import { readUserTaste, TASTE_HALF_LIFE_MS, type UserTaste, userTaste } from '../../processors/user-taste.ts'
import { DAY_MS } from '../../schemas/ids.ts'
import { aPost, aReaction, later, userId } from './events.ts'
import { Harness } from './harness.ts'
import { anErasure } from './personal-events.ts'

const vectorOf = (text: string): Int8Array => contentVectorOf(aPost({ text }))!
const VECTORS = ['travel', 'sourdough', 'football', 'gardening'].map(vectorOf)

const told = (fields: Partial<TasteReaction> = {}): TasteReaction => ({
  userId: userId('user-1'),
  at: later(0),
  weight: 2,
  vector: VECTORS[0]!,
  ...fields,
})

const run = (events: readonly TasteReaction[]): Harness<unknown> => {
  const harness = new Harness(userTaste) as Harness<unknown>
  for (const event of events) harness.apply(tasteReactions, event)
  return harness
}

const tasteOf = (harness: Harness<unknown>, asOf = later(0)): UserTaste | null =>
  harness.rows.has('user-1') ? readUserTaste(harness.row('user-1'), asOf) : null

const towards = ({ direction }: UserTaste, vector: Int8Array): number =>
  direction.reduce((sum, value, index) => sum + value * vector[index]!, 0) / CONTENT_SCALE

test('taste points to what was reacted to, and away from what was refused', () => {
  const taste = tasteOf(run([told(), told({ vector: VECTORS[1]!, weight: -4 })]))!
  expect(towards(taste, VECTORS[0]!)).toBeGreaterThan(0.3)
  expect(towards(taste, VECTORS[1]!)).toBeLessThan(-0.5)
  expect(Math.hypot(...taste.direction)).toBeCloseTo(1)
})

test('a reaction tells half as much after its half-life, and its strength says how much', () => {
  const harness = run([told({ weight: 4 })])
  expect(tasteOf(harness)!.strength).toBeCloseTo(4, 0)
  const faded = tasteOf(harness, later(TASTE_HALF_LIFE_MS))!
  expect(faded.strength / tasteOf(harness)!.strength).toBeCloseTo(0.5)
})

const anEvent = fc.record({
  at: fc.integer({ min: -200, max: 200 }).map((days) => later(days * DAY_MS)),
  weight: fc.constantFrom(-4, 1, 2, 4),
  vector: fc.constantFrom(...VECTORS),
})
const events = fc.array(anEvent, { maxLength: 20 })

test('rows are the same in whatever order reactions come, undone ones among them', () => {
  const cancelled = fc.array(anEvent, { maxLength: 2 })
  fc.assert(
    fc.property(events, cancelled, fc.integer(), (some, taken, seed) => {
      const undos = taken.map((each) => ({ ...each, weight: -each.weight }))
      const all = [...some, ...taken, ...undos].map((each) => told(each))
      const order = all.map((each, index) => [Math.sin(seed + index * 7.7), each] as const)
      const shuffled = order.sort(([one], [other]) => one - other).map(([, each]) => each)
      expect([...run(shuffled).rows]).toEqual([...run(all).rows])
    }),
  )
})

test('an undo leaves nothing behind of what it takes back', () => {
  fc.assert(
    fc.property(events, anEvent, (some, extra) => {
      const all = some.map((each) => told(each))
      const newest = told({ at: later(200 * DAY_MS) })
      const added = told(extra)
      const undone = { ...added, weight: -added.weight }
      expect([...run([...all, newest, added, undone]).rows]).toEqual([...run([...all, newest]).rows])
    }),
  )
})

test('what is too old to count does not, though all that is newer was undone', () => {
  const undone = [told({ at: later(400 * DAY_MS) }), told({ at: later(400 * DAY_MS), weight: -2 })]
  expect(tasteOf(run([...undone, told()]))).toBeNull()
  expect([...run([...undone, told()]).rows]).toEqual([...run([told(), ...undone]).rows])
})

test('the sum is what the definition says, within the rounding of weights', () => {
  fc.assert(
    fc.property(fc.array(anEvent, { minLength: 1, maxLength: 20 }), (some) => {
      const asOf = later(200 * DAY_MS)
      const recent = some.map((each) => told({ ...each, at: later((each.at % (30 * DAY_MS)) + 60 * DAY_MS) }))
      const exact = new Float64Array(VECTORS[0]!.length)
      let size = 0
      for (const { at, weight, vector } of recent) {
        const faded = weight * 2 ** (-(asOf - at) / TASTE_HALF_LIFE_MS)
        size += Math.abs(faded)
        for (let index = 0; index < exact.length; index++)
          exact[index]! += (faded * vector[index]!) / CONTENT_SCALE
      }
      const taste = tasteOf(run(recent), asOf)
      const found =
        taste === null ? exact.map(() => 0) : Array.from(taste.direction, (value) => value * taste.strength)
      const error = Math.hypot(...Array.from(exact, (value, index) => value - found[index]!))
      expect(error).toBeLessThanOrEqual(0.02 * size)
    }),
  )
})

describe('an erasure', () => {
  test('takes all of it, and refuses what is dated before it for as long as it is remembered', () => {
    const harness = run([told()])
    harness.apply(erasures, anErasure(later(10)))
    expect(tasteOf(harness)).toBeNull()
    harness.apply(tasteReactions, told({ at: later(9) }))
    expect(tasteOf(harness)).toBeNull()
    harness.apply(tasteReactions, told({ at: later(11) }))
    expect(tasteOf(harness)).not.toBeNull()
  })

  test('leaves no row once it is forgotten', () => {
    const harness = run([told()])
    harness.apply(erasures, anErasure(later(10)))
    harness.advance(later(10 + ERASURE_MEMORY_MS))
    expect(harness.rows.size).toBe(0)
  })
})

test('what costs more effort tells more; looks tell when they last, views and skips never', () => {
  const weightOf = (kind: Parameters<typeof aReaction>[0]): number => tasteWeight(aReaction(kind))
  expect(weightOf({ kind: 'share' })).toBeGreaterThan(weightOf({ kind: 'like' }))
  expect(weightOf({ kind: 'hide' })).toBeLessThan(0)
  expect(weightOf({ kind: 'like', undo: true })).toBe(-weightOf({ kind: 'like' }))
  expect(weightOf({ kind: 'dwell', value: TOUCH_DWELL_MS_MIN })).toBe(1)
  expect(weightOf({ kind: 'dwell', value: TOUCH_DWELL_MS_MIN - 1 })).toBe(0)
  expect([weightOf({ kind: 'view' }), weightOf({ kind: 'skip' })]).toEqual([0, 0])
})
