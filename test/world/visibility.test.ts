import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../schemas/ids.ts'
import { postIdOf } from '../../world/events/journal.ts'
import type { World } from '../../world/world.ts'
import { chronologicalFeed } from '../../world/driver/history.ts'
import { makeWorld, parsed } from './recorder.ts'
import { VisibilityOracle } from './visibility-oracle.ts'

const eligible = (world: World, viewer: number): readonly string[] =>
  world.as(viewer, () => {
    const posts = new Int32Array(world.posts.count)
    const count = world.eligible(world.now, posts)
    return Array.from(posts.subarray(0, count), postIdOf).sort()
  })

/** Steps of a world whose people look and react, each checked for every viewer. */
const compared = (seed: number, days: number): { viewers: number; kept: number; audiences: Set<string> } => {
  // Many changes of ties and much spam, so that every rule has something to do.
  const world = makeWorld({ seed, users: 40, spammerShare: 0.1, postsPerUserDay: 1.5, feedsPerUserDay: 4 })
  const oracle = new VisibilityOracle()
  const audiences = new Set<string>()
  const until = world.now + days * DAY_MS
  let viewers = 0
  let kept = 0
  for (const event of parsed(world.opening())) oracle.take(event)
  while (world.now < until) {
    const events = parsed(world.advance(world.now + 6 * HOUR_MS))
    for (const event of events) {
      oracle.take(event)
      if (event.topic === 'posts') audiences.add(String(event.value['audience']))
    }
    for (const [viewer, userId] of world.people.ids.entries()) {
      const found = eligible(world, viewer)
      expect(found).toEqual(oracle.eligible(userId, world.now))
      viewers++
      kept += found.length
    }
    for (const visitor of world.visitors()) {
      world.look(
        visitor,
        world.as(visitor.viewer, () => chronologicalFeed(world, 10)),
        null,
      )
    }
    // Lets every view be written: what was looked at then is known from events alone.
    for (const event of parsed(world.advance(world.now + HOUR_MS))) oracle.take(event)
    world.visitors()
  }
  return { viewers, kept, audiences }
}

describe('what a perfect ranking may choose from', () => {
  test.each([1, 2, 3])('is what events say that each viewer may see and has not seen (seed %i)', (seed) => {
    const { viewers, kept, audiences } = compared(seed, 4)
    expect(kept / viewers).toBeGreaterThan(10)
    expect(audiences).toEqual(new Set(['public', 'friends', 'group', 'page']))
  })

  test('leaves out what is older than two weeks', () => {
    const world = makeWorld({ users: 30, postsPerUserDay: 0.5, feedsPerUserDay: 0 })
    world.opening()
    world.advance(world.now + 20 * DAY_MS)
    const posts = new Int32Array(world.posts.count)
    const count = world.as(0, () => world.eligible(world.now, posts))
    const ages = Array.from(posts.subarray(0, count), (post) => world.now - world.posts.at[post]!)
    expect(Math.max(...ages)).toBeGreaterThan(13 * DAY_MS)
    expect(Math.max(...ages)).toBeLessThanOrEqual(14 * DAY_MS)
  })
})
