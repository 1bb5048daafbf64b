import { expect, test } from 'vitest'
import { Driver } from '../../engine/driver/driver.ts'
import type { Topic } from '../../engine/topic.ts'
import { profiles, reactions } from '../../processors/topics.ts'
import { postCountry } from '../../processors/views/post-country.ts'
import { post } from '../../processors/views/post.ts'
import { popularity } from '../../topologies/popularity.ts'
import { aProfile, aReaction, later, T0 } from '../processors/events.ts'

const REACTIONS = 5_000
const COUNTRIES = ['DE', 'FR']
const COMMITS_MAX = 20
const VERSION_BYTES = 1

const deltaTopics = popularity.nodes
  .flatMap(({ outputs }) => outputs)
  .filter(({ fold }) => fold !== undefined) as unknown as readonly Topic<unknown>[]

test('a viral post costs each of its counts a record a commit, not one a reaction', async () => {
  const driver = await Driver.start(popularity, { partitions: 1, workers: 1, startMs: later(REACTIONS) })
  for (let user = 0; user < REACTIONS; user++) {
    const userId = `user-${user}`
    await driver.publish(
      profiles,
      aProfile({ eventId: userId, userId, country: COUNTRIES[user % 2]!, at: T0 - REACTIONS + user }),
    )
  }
  await driver.settle()
  for (let user = 0; user < REACTIONS; user++) {
    const userId = `user-${user}`
    await driver.publish(reactions, aReaction({ eventId: userId, userId, at: later(user) }))
  }
  await driver.settle()

  expect([...new Set(deltaTopics.map(({ name }) => name))].toSorted()).toEqual([
    'author-by-day-deltas',
    'author-deltas',
    'post-country-deltas',
    'post-deltas',
  ])
  for (const topic of deltaTopics) {
    const records = await driver.records(topic)
    expect(records.length, topic.name).toBeGreaterThan(0)
    expect(records.length, topic.name).toBeLessThanOrEqual(COMMITS_MAX * COUNTRIES.length)
  }
  const totalOf = async (view: typeof post | typeof postCountry, ...key: readonly string[]) =>
    view.describe((await driver.row(view.name, ...key))!.subarray(VERSION_BYTES), later(REACTIONS))
  expect((await totalOf(post, 'post-1'))['post.likes.total']).toBe(REACTIONS)
  for (const country of COUNTRIES) {
    const columns = await totalOf(postCountry, 'post-1', country)
    expect(columns['post_country.engagements.total']).toBe(REACTIONS / COUNTRIES.length)
  }
})
