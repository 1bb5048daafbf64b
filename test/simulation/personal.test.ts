import { expect, test } from 'vitest'
import { CRASH_STEPS, Driver } from '../../engine/driver/driver.ts'
import { Random } from '../../engine/driver/random.ts'
import { node, topology } from '../../engine/topology.ts'
import { connections } from '../../processors/connections/index.ts'
import { followers } from '../../processors/followers.ts'
import { labelJoin } from '../../processors/label-join/labels.ts'
import { labelIndex } from '../../processors/label-join/slate-index.ts'
import { labelSlates } from '../../processors/label-join/slates.ts'
import { profiles } from '../../processors/profiles.ts'
import { seenFilter } from '../../processors/seen-filter.ts'
import { seen } from '../../processors/seen.ts'
import {
  connections as connectionTopic,
  erasures,
  examples,
  impressions,
  reactions,
} from '../../processors/topics.ts'
import { touchedAuthors } from '../../processors/touched-authors.ts'
import { watchedPosts } from '../../processors/watched-posts.ts'
import { CONNECTION_KINDS } from '../../schemas/connections/index.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../schemas/ids.ts'
import { REACTION_KINDS } from '../../schemas/reactions/index.ts'
import { aReaction, later, T0 } from '../processors/events.ts'
import { aConnection, anErasure, anImpression } from '../processors/personal-events.ts'

const personal = topology('personal', 'What is kept for each user.', [
  node(connections),
  node(followers),
  node(seen),
  node(seenFilter),
  node(touchedAuthors),
  node(watchedPosts),
  node(profiles),
  node(labelIndex),
  node(labelJoin),
  node(labelSlates),
])

const USERS = ['ann', 'bob', 'cyd', 'dan']
/** Served no feed: whether examples are made before an erasure or never depends on which is processed first. */
const ERASED = 'dan'
const EVENTS = 300

type Publish = (driver: Driver) => Promise<void>

/** A day of few users: the same for the same seed. */
const eventsOf = (seed: number): Publish[] => {
  const random = new Random(seed)
  const of = <Value>(values: readonly Value[]): Value => values[random.below(values.length)]!
  return Array.from({ length: EVENTS }, (_, index): Publish => {
    const at = later(index * 20 * SECOND_MS)
    const eventId = `event-${index}`
    const user = of(USERS)
    const post = `post-${random.below(8)}`
    const author = USERS[Number(post.at(-1)) % USERS.length]!
    const choice = random.below(10)
    if (choice === 0 && user !== ERASED) {
      const value = anImpression({
        userId: user,
        requestId: `request-${index}`,
        at,
        posts: ['post-1', 'post-2', post + '!'],
      })
      return (driver) => driver.publish(impressions, value)
    }
    if (choice === 1) {
      const action = of(['added', 'added', 'removed'] as const)
      const value = aConnection({
        eventId,
        userId: user,
        targetId: of(USERS),
        kind: of(CONNECTION_KINDS),
        action,
        at,
      })
      return (driver) => driver.publish(connectionTopic, value)
    }
    if (choice === 3 && random.chance(0.2)) {
      const value = anErasure(at, ERASED, eventId)
      return (driver) => driver.publish(erasures, value)
    }
    const requestId = random.chance(0.6) ? `request-${Math.max(0, index - random.below(40))}` : null
    const fields = {
      eventId,
      userId: user,
      postId: post,
      authorId: author,
      kind: of(REACTION_KINDS),
      at,
      requestId,
    }
    return (driver) => driver.publish(reactions, aReaction({ ...fields, undo: random.chance(0.2) }))
  })
}

const IDLE_MS = 10 * SECOND_MS

/** Quiet inputs no longer hold time back, and a last reaction of each user moves it past the slates' settling. */
const endDay = async (driver: Driver): Promise<void> => {
  driver.advance(IDLE_MS)
  for (const userId of USERS) {
    const at = later(EVENTS * 20 * SECOND_MS + HOUR_MS)
    await driver.publish(reactions, aReaction({ eventId: `last of ${userId}`, userId, kind: 'view', at }))
  }
  await driver.settle()
}

interface Result {
  readonly state: ReadonlyMap<string, string>
  readonly examples: readonly string[]
}

const resultOf = async (
  seed: number,
  disturb: (driver: Driver, index: number) => Promise<void>,
): Promise<Result> => {
  const driver = await Driver.start(personal, { seed, startMs: T0 + DAY_MS })
  for (const [index, publish] of eventsOf(seed).entries()) {
    await publish(driver)
    if (index % 10 === 0) await driver.round()
    await disturb(driver, index)
  }
  await driver.settle()
  await endDay(driver)
  const state = await driver.state()
  const made = await driver.records(examples)
  return { state, examples: made.map((each) => JSON.stringify(each)).sort() }
}

test('crashes at every step of a commit change nothing of what is kept', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const whole = await resultOf(seed, async () => {})
    const disturbed = await resultOf(seed, async (driver, index) => {
      if (index % 25 === 0) driver.crash(CRASH_STEPS[(index / 25) % CRASH_STEPS.length]!)
      if (index % 90 === 0) await driver.rebalance(1 + ((index / 90) % 3))
    })
    expect(disturbed).toEqual(whole)
    expect(whole.examples.length).toBeGreaterThan(0)
  }
})
