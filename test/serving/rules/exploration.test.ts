import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawPlace, type Exploration, propensityAt } from '../../../serving/rules/exploration.ts'

const settings = fc.record({
  share: fc.constantFrom(0, 0.05, 0.2),
  position: fc.nat(6),
  depth: fc.integer({ min: 1, max: 8 }),
})

/** Every way that chance can go, with its probability: nothing moves, or one of those that may be drawn. */
const ways = (
  { share, position, depth }: Exploration,
  places: number,
): { moved: number; probability: number }[] => {
  const drawn = Math.max(0, Math.min(depth, places - position - 1))
  if (drawn === 0) return [{ moved: -1, probability: 1 }]
  return [
    { moved: -1, probability: 1 - share },
    ...Array.from({ length: drawn }, (_, index) => ({
      moved: position + 1 + index,
      probability: share / drawn,
    })),
  ]
}

const slateOf = (places: number, moved: number, position: number): number[] => {
  const slate = Array.from({ length: places }, (_, index) => index)
  if (moved >= 0) slate.splice(position, 0, ...slate.splice(moved, 1))
  return slate
}

test('what is logged is the probability that a place holds what it holds, summed over all that may happen', () => {
  fc.assert(
    fc.property(settings, fc.integer({ min: 1, max: 14 }), (exploration, places) => {
      const all = ways(exploration, places)
      for (const { moved } of all) {
        const slate = slateOf(places, moved, exploration.position)
        for (const [place, post] of slate.entries()) {
          const probability = all
            .filter((way) => slateOf(places, way.moved, exploration.position)[place] === post)
            .reduce((sum, way) => sum + way.probability, 0)
          expect(propensityAt(place, moved, exploration, places)).toBeCloseTo(probability, 12)
        }
      }
    }),
  )
})

test('chance draws each place that it may, and no other', () => {
  const exploration = { share: 0.2, position: 2, depth: 3 }
  const draws = [0.1, 0.99].flatMap((share) =>
    [0, 0.34, 0.67, 0.999].map((where) => {
      const values = [share, where]
      return drawPlace(exploration, 10, () => values.shift()!)
    }),
  )
  expect(draws).toEqual([3, 4, 5, 5, -1, -1, -1, -1])
  expect(drawPlace(exploration, 3, () => 0)).toBe(-1)
})
