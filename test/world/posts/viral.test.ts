import { describe, expect, test } from 'vitest'
import { DAY_MS } from '../../../schemas/ids.ts'
import { AUDIENCE, VIRAL_QUALITY } from '../../../world/posts/composing.ts'
import { lived } from '../recorder.ts'

const { world } = await lived({ users: 400, seed: 2 }, { days: 8 })
const { posts, people } = world

/** Public posts by people who mean well, that were there for a day. */
const met = Array.from({ length: posts.count }, (_, post) => post).filter(
  (post) =>
    posts.audience[post] === AUDIENCE.public &&
    people.isSpammer[posts.author[post]!] === 0 &&
    posts.goneAt[post] === Infinity &&
    world.now - posts.at[post]! > DAY_MS,
)
/** By quality alone: what the author's usual posts hardly ever reach. */
const isViral = (post: number): boolean =>
  posts.quality[post]! - people.renown[posts.author[post]!]! > VIRAL_QUALITY
const meanOf = (some: readonly number[]): number =>
  some.reduce((sum, post) => sum + posts.engagements[post]!, 0) / some.length

describe('viral posts', () => {
  test('are few, and there are some', () => {
    const count = met.filter(isViral).length
    expect(count).toBeGreaterThan(1)
    expect(count).toBeLessThan(met.length / 100)
  })

  test('are engaged with far more than others, even where no ranking looks for them', () => {
    expect(meanOf(met.filter(isViral))).toBeGreaterThan(2 * meanOf(met.filter((post) => !isViral(post))))
  })

  test('make popularity uneven: what does best has many times what is usual', () => {
    const engagements = met.map((post) => posts.engagements[post]!).sort((one, other) => one - other)
    const median = engagements[engagements.length >> 1]!
    expect(median).toBeGreaterThan(0)
    expect(engagements.at(-1)!).toBeGreaterThan(10 * median)
  })
})
