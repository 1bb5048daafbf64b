import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Oracle, RANKINGS } from '../../../world/oracle/rankings.ts'
import { compiled, DEFAULT_VALUE_WEIGHTS, OUTCOMES } from '../../../world/value-weights.ts'
import type { World } from '../../../world/world.ts'
import { lived } from '../recorder.ts'

const { world } = await lived({ users: 80, spammerShare: 0.05 }, { days: 5 })

/** Expected value by its definition: positions looked at with falling chance, each worth what its outcomes are. */
const worthOf = (world: World, slate: readonly number[]): number => {
  const weights = compiled(DEFAULT_VALUE_WEIGHTS)
  return slate.reduce((sum, post, position) => {
    world.model.regard(post, world.now)
    const outcomes = OUTCOMES.map((_, outcome) => weights[outcome]! * world.model.probability(outcome))
    const value = outcomes.reduce((one, other) => one + other, weights.at(-1)! * world.model.expectedDwellMs)
    return sum + world.endurance() ** position * value
  }, 0)
}

const eligible = (world: World): readonly number[] => {
  const posts = new Int32Array(world.posts.count)
  return [...posts.subarray(0, world.eligible(world.now, posts))]
}

const viewers = fc.integer({ min: 0, max: world.people.count - 1 })

describe('the oracle', () => {
  test('knows no slate of eligible posts that is worth more than its best', () => {
    const oracle = new Oracle(world, DEFAULT_VALUE_WEIGHTS)
    const drawn = fc.tuple(
      viewers,
      fc.integer({ min: 1, max: 20 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
    )
    fc.assert(
      fc.property(drawn, ([viewer, size, draws]) => {
        world.as(viewer, () => {
          oracle.rank(world.now, size)
          const posts = eligible(world)
          const slate = [...posts].sort(() => draws.next().value! - 0.5).slice(0, size)
          expect(oracle.worth.best).toBeGreaterThanOrEqual(worthOf(world, slate) - 1e-9)
          for (const ranking of RANKINGS) {
            expect(oracle.worth.best).toBeGreaterThanOrEqual(oracle.worth[ranking] - 1e-9)
          }
        })
      }),
    )
  })

  test('ranks as its rankings are named', () => {
    const oracle = new Oracle(world, DEFAULT_VALUE_WEIGHTS)
    fc.assert(
      fc.property(viewers, fc.integer({ min: 1, max: 20 }), (viewer, size) => {
        world.as(viewer, () => {
          oracle.rank(world.now, size)
          const { posts: table, standpoint } = world
          const posts = eligible(world)
          const by = (score: (post: number) => number): number =>
            worthOf(
              world,
              posts.toSorted((one, other) => score(other) - score(one) || other - one).slice(0, size),
            )
          const connected = (post: number): number =>
            table.container[post] !== -1 || standpoint.ties[table.author[post]!] !== 0 ? 1 : 0
          expect(oracle.worth.recent).toBeCloseTo(
            by((post) => table.at[post]!),
            9,
          )
          expect(oracle.worth.popular).toBeCloseTo(
            by((post) => table.engagements[post]!),
            9,
          )
          expect(oracle.worth.decayed).toBeCloseTo(
            by((post) => table.decayedEngagements(post, world.now)),
            9,
          )
          expect(oracle.worth.connected).toBeCloseTo(by(connected), 9)
        })
      }),
    )
  })

  test('takes random for the mean over orders', () => {
    const oracle = new Oracle(world, DEFAULT_VALUE_WEIGHTS)
    world.as(0, () => {
      oracle.rank(world.now, 3)
      const posts = eligible(world)
      // Every post stands at every position equally often when the slate is moved round.
      const turned = posts.map((_, by) =>
        worthOf(
          world,
          [0, 1, 2].map((place) => posts[(by + place) % posts.length]!),
        ),
      )
      const mean = turned.reduce((one, other) => one + other, 0) / posts.length
      expect(oracle.worth.random).toBeCloseTo(mean, 9)
    })
  })

  test('finds nothing for somebody who has nothing to see', async () => {
    const empty = await lived({ postsPerUserDay: 0 }, { days: 1 })
    const oracle = new Oracle(empty.world, DEFAULT_VALUE_WEIGHTS)
    empty.world.as(0, () => oracle.rank(empty.world.now, 20))
    expect(oracle.worth).toEqual({ best: 0, random: 0, recent: 0, popular: 0, decayed: 0, connected: 0 })
  })
})
