import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ExploredPlace, ExploredPlaces } from '../../../models/evaluation/explored-places.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import type { PostId, RequestId } from '../../../schemas/ids.ts'
import { propensityAt } from '../../../serving/rules/exploration.ts'
import { exampleOf } from '../training/sample.ts'

/** A feed as it is served and logged: places of an order, of which one was left to chance, cut into a page. */
const feeds = fc.record({
  share: fc.constantFrom(0, 0.01, 0.05, 0.2),
  position: fc.nat(4),
  depth: fc.integer({ min: 1, max: 6 }),
  places: fc.integer({ min: 1, max: 14 }),
  pageStart: fc.nat(3),
  pageLength: fc.integer({ min: 1, max: 12 }),
  draw: fc.nat(5),
  isDrawn: fc.boolean(),
})
type Feed = typeof feeds extends fc.Arbitrary<infer Value> ? Value : never

const drawableOf = ({ position, depth, places }: Feed): number =>
  Math.max(0, Math.min(depth, places - position - 1))

const examplesOf = (feed: Feed, request: number): Example[] => {
  const drawable = drawableOf(feed)
  const isMoved = feed.isDrawn && feed.share > 0 && drawable > 0
  const moved = isMoved ? feed.position + 1 + (feed.draw % drawable) : -1
  const all = Array.from({ length: feed.places }, (_, place) =>
    exampleOf({
      requestId: `r${request}` as RequestId,
      postId: `p${request}-${place}` as PostId,
      position: place,
      propensity: propensityAt(place, moved, feed, feed.places),
    }),
  )
  return all.slice(feed.pageStart, feed.pageStart + feed.pageLength)
}

/** What is found in a log: places, and how many were cut short. */
const foundIn = (log: readonly Example[]): { places: ExploredPlace[]; cutShort: number } => {
  const explored = new ExploredPlaces()
  const ended = [...log.map((example) => explored.take(example)), explored.end()]
  return { places: ended.filter((place) => place !== null), cutShort: explored.cutShort }
}

test('places that were left to chance are found where all that chance may have put there was shown, and only there', () => {
  fc.assert(
    fc.property(fc.array(feeds, { maxLength: 6 }), fc.integer(), (served, order) => {
      const logged = served.map((feed, request) => examplesOf(feed, request))
      // Those of a request come together, in whatever order.
      const log = logged.flatMap((examples) => (order % 2 === 0 ? examples : examples.toReversed()))
      const expected: string[][] = []
      let cutShort = 0
      for (const [request, feed] of served.entries()) {
        const drawable = feed.share === 0 ? 0 : drawableOf(feed)
        const last = feed.position + drawable
        const held = logged[request]!.filter(({ position }) => position >= feed.position && position <= last)
        if (drawable === 0 || held.length === 0) continue
        const isKnown = drawable > 1 || logged[request]!.some(({ position }) => position > last)
        if (held.length === drawable + 1 && isKnown) expected.push(held.map(({ postId }) => postId))
        else cutShort++
      }
      const found = foundIn(log)
      expect(found.places.map(({ posts }) => posts.map(({ postId }) => postId))).toEqual(expected)
      expect(found.cutShort).toBe(cutShort)
    }),
    { numRuns: 2_000 },
  )
})

test('labels that come alone, before or after a slate settles, are no place of their own', () => {
  const settled = examplesOf(
    { share: 0.2, position: 0, depth: 2, places: 3, pageStart: 0, pageLength: 3, draw: 0, isDrawn: true },
    1,
  )
  const late = { ...settled[0]!, phase: 'late' as const, labels: [] }
  expect(foundIn([late, settled[0]!, late, settled[1]!, settled[2]!, late]).places).toEqual([
    { posts: settled },
  ])
})
