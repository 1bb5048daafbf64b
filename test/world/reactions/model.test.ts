import { describe, expect, test } from 'vitest'
import type { Witness } from '../../../world/reactions/visits.ts'
import { OUTCOMES } from '../../../world/value-weights.ts'
import type { World } from '../../../world/world.ts'
import { lived } from '../recorder.ts'

const LONG_MS = 2_000

/** Lets one viewer look at one post many times over, as if each were the first. */
const looks = (world: World, viewer: number, post: number, count: number): Looks => {
  const happened = new Float64Array(OUTCOMES.length)
  const expected = new Float64Array(OUTCOMES.length)
  let dwellMs = 0
  let expectedDwellMs = 0
  let longLooks = 0
  let expectedLongLooks = 0
  const witness: Witness = {
    looked: (model, outcomes, dwell) => {
      for (const [outcome] of OUTCOMES.entries()) {
        happened[outcome]! += outcomes[outcome]!
        expected[outcome]! += model.probability(outcome)
      }
      dwellMs += dwell
      expectedDwellMs += model.expectedDwellMs
      if (dwell >= LONG_MS) longLooks++
      expectedLongLooks += model.longLook(LONG_MS)
    },
  }
  const userId = world.people.ids[viewer]!
  for (let visit = 0; visit < count; visit++) world.look({ viewer, userId, visit }, [post], null, witness)
  return { happened, expected, dwellMs, expectedDwellMs, longLooks, expectedLongLooks }
}

interface Looks {
  readonly happened: Float64Array
  readonly expected: Float64Array
  readonly dwellMs: number
  readonly expectedDwellMs: number
  readonly longLooks: number
  readonly expectedLongLooks: number
}

const visiblePair = (world: World, isPassive: 0 | 1): readonly [number, number] => {
  for (let viewer = 1; viewer < world.people.count; viewer++) {
    if (world.people.isPassive[viewer] !== isPassive) continue
    for (let post = world.posts.count - 1; post >= 0; post--) {
      if (world.as(viewer, () => world.maySee(post) && !world.hasSeen(post))) return [viewer, post]
    }
  }
  throw new Error('nobody has anything left to see')
}

const LOOKS = 40_000
/** Deviations by which a sum of draws may be off. */
const DEVIATIONS = 5

describe('the hidden model', () => {
  test.each([0, 1] as const)('is what people do, as often as it says (passive: %i)', async (isPassive) => {
    const { world } = await lived()
    const [viewer, post] = visiblePair(world, isPassive)
    const seen = looks(world, viewer, post, LOOKS)
    const { happened, expected, dwellMs, expectedDwellMs, longLooks, expectedLongLooks } = seen
    for (const [outcome, name] of OUTCOMES.entries()) {
      const deviation = Math.sqrt(expected[outcome]! + 1)
      expect(Math.abs(happened[outcome]! - expected[outcome]!), name).toBeLessThan(DEVIATIONS * deviation)
    }
    expect(dwellMs / expectedDwellMs).toBeGreaterThan(0.9)
    expect(dwellMs / expectedDwellMs).toBeLessThan(1.1)
    expect(expectedLongLooks).toBeGreaterThan(100)
    const deviation = Math.sqrt(expectedLongLooks)
    expect(Math.abs(longLooks - expectedLongLooks)).toBeLessThan(DEVIATIONS * deviation)
  })

  test('changes with closeness, age and what was seen, in the direction that one would think', async () => {
    const { world } = await lived()
    const [viewer, post] = visiblePair(world, 0)
    const author = world.posts.author[post]!
    const social = (): number =>
      world.as(viewer, () => (world.model.regard(post, world.now), world.model.social))
    const content = (at: number): number =>
      world.as(viewer, () => (world.model.regard(post, at), world.model.content))
    world.ties.unfriend(viewer, author)
    world.ties.unfollow(viewer, author)
    const [stranger] = [social()]
    world.ties.befriend(viewer, author, 'none')
    const friend = social()
    world.ties.befriend(viewer, author, 'family')
    expect([stranger < friend, friend < social()]).toEqual([true, true])
    const day = 86_400_000
    expect(content(world.now)).toBeGreaterThan(content(world.now + day))
    expect(content(world.now + day)).toBeGreaterThan(content(world.now + 10 * day))
    const unseen = content(world.now)
    world.look({ viewer, userId: '', visit: 0 }, [post], null)
    expect(content(world.now)).toBeLessThan(unseen - 2)
  })

  test('lets a position change only whether a post is looked at: each as often as endurance says', async () => {
    const { world } = await lived()
    const viewer = 1
    const slate = world.as(viewer, () =>
      Array.from({ length: world.posts.count }, (_, post) => post)
        .filter((post) => world.maySee(post))
        .slice(-10),
    )
    expect(slate).toHaveLength(10)
    const reached = new Float64Array(slate.length + 1)
    for (let visit = 0; visit < 5_000; visit++) {
      reached[world.look({ viewer, userId: '', visit }, slate, null)]!++
    }
    const endurance = world.people.endurance[viewer]!
    let still = 1
    for (let position = 1; position < slate.length; position++) {
      still -= reached[position]! / 5_000
      expect(Math.abs(still - endurance ** position)).toBeLessThan(0.04)
    }
  })
})
