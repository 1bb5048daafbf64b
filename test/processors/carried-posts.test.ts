import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CARRIED_POSTS_MAX, carriedPosts, readCarriedPosts } from '../../processors/carried-posts.ts'
import { ERASURE_MEMORY_MS } from '../../processors/erasure.ts'
import { SESSION_GAP_MINUTES } from '../../processors/seen.ts'
import { erasures, impressions } from '../../processors/topics.ts'
import { HOUR_MS, MINUTE_MS } from '../../schemas/ids.ts'
import type { Impression } from '../../schemas/impressions/index.ts'
import { later } from './events.ts'
import { Harness } from './harness.ts'
import { anErasure, anImpression } from './personal-events.ts'

const run = (slates: readonly Impression[]): Harness<unknown> => {
  const harness = new Harness(carriedPosts) as Harness<unknown>
  for (const slate of slates) harness.apply(impressions, slate)
  return harness
}

const carriedOf = (harness: Harness<unknown>): (readonly [string, number])[] =>
  harness.rows.has('user-1')
    ? readCarriedPosts(harness.row('user-1')).map(({ postId, times }) => [postId, times] as const)
    : []

const slate = (at: number, posts: readonly string[], carried: readonly string[]): Impression =>
  anImpression({ at: later(at), posts, carried })

test('what was ranked and not shown is carried over, best of the last slate first', () => {
  const harness = run([slate(0, ['a'], ['b', 'c']), slate(HOUR_MS, ['d'], ['e', 'c'])])
  expect(carriedOf(harness)).toEqual([
    ['e', 1],
    ['c', 2],
    ['b', 1],
  ])
  expect(readCarriedPosts(harness.row('user-1'))[1]).toEqual({
    postId: 'c',
    carriedAt: later(HOUR_MS),
    score: 0.5,
    times: 2,
  })
})

test('what a later slate shows is carried no longer', () => {
  const pages = [slate(0, ['a'], ['b', 'c']), slate(10, ['b'], ['c']), slate(20, ['c'], [])]
  expect(carriedOf(run(pages.slice(0, 2)))).toEqual([['c', 1]])
  expect(run(pages).rows.size).toBe(0)
})

test('what is passed over after it was shown is carried again, and counted since then', () => {
  const slates = [[], ['a'], [], []].map((posts, index) =>
    slate(index * HOUR_MS, posts, posts.length === 0 ? ['a'] : []),
  )
  expect(carriedOf(run(slates.slice(0, 2)))).toEqual([])
  expect(carriedOf(run(slates))).toEqual([['a', 2]])
})

test('pages and reloads of one session count once', () => {
  const gap = SESSION_GAP_MINUTES * MINUTE_MS
  const slates = [0, gap, 2 * gap, 3 * gap + 1].map((at) => slate(at, [], ['a']))
  expect(carriedOf(run(slates.slice(0, 3)))).toEqual([['a', 1]])
  expect(carriedOf(run(slates))).toEqual([['a', 2]])
})

test('any run of slates leaves what the definition says', () => {
  const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'Zoë'), { maxLength: 6 })
  const one = fc.record({ gapMs: fc.nat(HOUR_MS), posts: ids, carried: ids })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 20 }), (given) => {
      const expected = new Map<string, { at: number; times: number }>()
      let at = 0
      const slates = given.map(({ gapMs, posts, carried }) => {
        at += gapMs
        for (const post of posts) expected.delete(post)
        const others = carried.filter((post) => !posts.includes(post))
        for (const post of others) {
          const before = expected.get(post)
          const isNew = before === undefined || at - before.at > SESSION_GAP_MINUTES * MINUTE_MS
          expected.set(post, { at, times: (before?.times ?? 0) + (isNew ? 1 : 0) })
        }
        return slate(at, posts, others)
      })
      const times = [...expected].map(([post, each]) => [post, each.times] as const)
      expect(new Map(carriedOf(run(slates)))).toEqual(new Map(times))
    }),
    { numRuns: 200 },
  )
})

test('of more than are kept, those of the oldest slate and the lowest score leave, and are counted', () => {
  const many = (name: string): string[] => Array.from({ length: 200 }, (_, index) => `${name}-${index}`)
  const harness = run([slate(0, [], many('old')), slate(1, [], many('mid')), slate(2, [], many('new'))])
  const kept = carriedOf(harness).map(([post]) => post)
  expect(kept).toEqual([...many('new'), ...many('mid')])
  expect(kept).toHaveLength(CARRIED_POSTS_MAX)
  expect(harness.counts.get('carried_posts.dropped')).toBe(200)
  harness.apply(impressions, slate(3, [], ['one more']))
  expect(carriedOf(harness).at(-1)).toEqual(['mid-198', 1])
})

test('an erasure takes what was carried up to then, refuses what comes late, and is itself forgotten', () => {
  const harness = run([slate(0, [], ['old']), slate(20, [], ['new'])])
  harness.apply(erasures, anErasure(later(10)))
  harness.apply(impressions, slate(9, [], ['late']))
  expect(carriedOf(harness)).toEqual([['new', 1]])
  harness.apply(erasures, anErasure(later(30)))
  expect(harness.rows.size).toBe(1)
  harness.advance(later(30 + ERASURE_MEMORY_MS))
  expect(harness.rows.size).toBe(0)
})
