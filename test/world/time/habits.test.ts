import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../schemas/ids.ts'
import { makeWorld, START } from '../recorder.ts'

/** Posts of two days and, asked for each hour, those who open the app. */
const activity = (pace?: {
  readonly posts: number
  readonly feeds: number
}): { posts: number; feeds: number } => {
  const world = makeWorld({ users: 200 })
  world.opening()
  if (pace !== undefined) world.setPace(pace)
  let feeds = 0
  for (let at = START; at < START + 2 * DAY_MS; at += HOUR_MS / 4) {
    world.advance(at + HOUR_MS / 4)
    feeds += world.visitors().length
  }
  return { posts: world.posts.count, feeds }
}

test('people post and read as often as parameters say, and at another pace as much more often', () => {
  const usual = activity()
  // 200 users, two days: a post and 2.5 feeds a user and day.
  expect(usual.posts).toBeGreaterThan(0.85 * 400)
  expect(usual.posts).toBeLessThan(1.15 * 400)
  expect(usual.feeds).toBeGreaterThan(0.85 * 1_000)
  expect(usual.feeds).toBeLessThan(1.15 * 1_000)
  const brisk = activity({ posts: 3, feeds: 0.5 })
  expect(brisk.posts / usual.posts).toBeGreaterThan(2.5)
  expect(brisk.posts / usual.posts).toBeLessThan(3.5)
  expect(brisk.feeds / usual.feeds).toBeGreaterThan(0.4)
  expect(brisk.feeds / usual.feeds).toBeLessThan(0.6)
})
