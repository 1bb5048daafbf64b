import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Explorations, outlineOf } from '../../../models/evaluation/explorations.ts'
import { type ExploredPlace, ExploredPlaces } from '../../../models/evaluation/explored-places.ts'
import type { Example } from '../../../schemas/examples/index.ts'
import type { PostId, RequestId } from '../../../schemas/ids.ts'
import { type Exploration, propensityAt } from '../../../serving/rules/exploration.ts'
import { exampleOf } from '../training/sample.ts'

/** How a feed is served and logged: places of an order, of which one was left to chance, cut into a page. */
interface Feed {
  readonly places: number
  readonly pageStart: number
  readonly pageLength: number
  readonly draw: number
  readonly isDrawn: boolean
  /** Places that are not shown: what is below moves up. */
  readonly withheld: readonly number[]
}

const explorations = fc.record({
  share: fc.constantFrom(0, 0.01, 0.05, 0.2),
  position: fc.nat(4),
  depth: fc.integer({ min: 1, max: 8 }),
})
const feeds = fc.record({
  places: fc.integer({ min: 1, max: 14 }),
  pageStart: fc.nat(3),
  pageLength: fc.integer({ min: 1, max: 14 }),
  draw: fc.nat(7),
  isDrawn: fc.boolean(),
  withheld: fc.uniqueArray(fc.nat(13), { maxLength: 8 }),
})

/** Shown as a whole, and nothing was moved. */
const plainFeed = (places: number): Feed => ({
  places,
  pageStart: 0,
  pageLength: places,
  draw: 0,
  isDrawn: false,
  withheld: [],
})

const drawableOf = ({ position, depth }: Exploration, places: number): number =>
  Math.max(0, Math.min(depth, places - position - 1))

const examplesOf = (exploration: Exploration, feed: Feed, request: number): Example[] => {
  const { places, pageStart, pageLength, draw, isDrawn, withheld } = feed
  const drawable = drawableOf(exploration, places)
  const isMoved = isDrawn && exploration.share > 0 && drawable > 0
  const moved = isMoved ? exploration.position + 1 + (draw % drawable) : -1
  return Array.from({ length: places }, (_, place) => place)
    .filter((place) => !withheld.includes(place))
    .map((place, position) =>
      exampleOf({
        requestId: `r${request}` as RequestId,
        postId: `p${request}-${place}` as PostId,
        configVersion: JSON.stringify(exploration),
        position,
        propensity: propensityAt(place, moved, exploration, places),
      }),
    )
    .slice(pageStart, pageStart + pageLength)
}

/** What is found in a log: places, and how many were cut short. */
const foundIn = (log: readonly Example[]): { places: ExploredPlace[]; cutShort: number } => {
  const explored = new ExploredPlaces()
  const ended = [...log.map((example) => explored.take(example)), explored.end()]
  const found = ended.filter((place) => place !== null)
  const met = new Explorations()
  for (const place of found) met.meet(outlineOf(place))
  const places = found.filter((place) => met.isWhole(outlineOf(place)))
  return { places, cutShort: explored.cutShort + found.length - places.length }
}

const idsOf = ({ posts }: ExploredPlace): string[] => posts.map(({ postId }) => postId)

test('places that were left to chance are found where all that chance may have put there was shown, and only there', () => {
  fc.assert(
    fc.property(
      explorations,
      fc.array(feeds, { maxLength: 6 }),
      fc.integer(),
      (exploration, given, order) => {
        const { share, position, depth } = exploration
        // One feed at least is whole, as long as any, and as it was ranked.
        const served = [...given, plainFeed(position + depth + 2)]
        const logged = served.map((feed, request) => examplesOf(exploration, feed, request))
        // Those of a request come together, in whatever order.
        const log = logged.flatMap((examples) => (order % 2 === 0 ? examples : examples.toReversed()))
        const expected: string[][] = []
        let cutShort = 0
        for (const [request, { places }] of served.entries()) {
          const drawable = share === 0 ? 0 : drawableOf(exploration, places)
          const mayHold = Array.from(
            { length: drawable + 1 },
            (_, below) => `p${request}-${position + below}`,
          )
          const shown = logged[request]!.map(({ postId }) => postId as string)
          const held = shown.filter((postId) => mayHold.includes(postId))
          if (drawable === 0 || held.length === 0) continue
          const isKnown = drawable > 1 || shown.at(-1) !== held.at(-1)
          if (held.length === drawable + 1 && isKnown && 2 * drawable > depth) expected.push(held)
          else cutShort++
        }
        const found = foundIn(log)
        expect(found.places.map(idsOf)).toEqual(expected)
        expect(found.cutShort).toBe(cutShort)
      },
    ),
    { numRuns: 5_000 },
  )
})

test('a place of which a post is withheld is left out whichever it is and whatever chance drew', () => {
  for (const depth of [1, 2, 3, 4, 8]) {
    const exploration = { share: 0.1, position: 2, depth }
    const places = depth + 5
    const whole = examplesOf(exploration, plainFeed(places), 0)
    for (let draw = -1; draw < depth; draw++) {
      const feed = { ...plainFeed(places), draw, isDrawn: draw >= 0 }
      const foundOf = (withheld: readonly number[]): number =>
        foundIn([...whole, ...examplesOf(exploration, { ...feed, withheld }, 1)]).places.length - 1
      expect(foundOf([])).toBe(1)
      for (let place = 0; place < places; place++) {
        const isOfIt = place >= 2 && place <= 2 + depth
        expect([depth, draw, place, foundOf([place])]).toEqual([depth, draw, place, isOfIt ? 0 : 1])
      }
    }
  }
})

test('a configuration of which chance moved a post in every place tells no share, so that none of them counts', () => {
  const exploration = { share: 0.1, position: 0, depth: 3 }
  const moved = [0, 1, 2].map((draw) => ({ ...plainFeed(5), draw, isDrawn: true }))
  const log = moved.flatMap((feed, request) => examplesOf(exploration, feed, request))
  expect(foundIn(log)).toEqual({ places: [], cutShort: 3 })
  const plain = examplesOf(exploration, plainFeed(5), 3)
  expect(foundIn([...log, ...plain]).places).toHaveLength(4)
  // Another configuration's tells nothing of it.
  const other = examplesOf({ ...exploration, position: 1 }, plainFeed(5), 3)
  expect(foundIn([...log, ...other]).places).toHaveLength(1)
})

test('labels that come alone, before or after a slate settles, are no place of their own', () => {
  const exploration = { share: 0.2, position: 0, depth: 2 }
  const plain = examplesOf(exploration, plainFeed(3), 0)
  const settled = examplesOf(exploration, { ...plainFeed(3), isDrawn: true }, 1)
  const late = { ...settled[0]!, phase: 'late' as const, labels: [] }
  expect(foundIn([...plain, late, settled[0]!, late, settled[1]!, settled[2]!, late]).places).toEqual([
    { posts: plain },
    { posts: settled },
  ])
})
