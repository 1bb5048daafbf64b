import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawOthers, OTHERS, POOL_POSTS_MAX } from '../../../cli/evaluate/sampling.ts'
import { Random } from '../../../engine/driver/random.ts'
import { userId } from '../../processors/events.ts'
import { corpusOf, postOf, somePosts, touches } from './events.ts'

const ada = userId('ada')
const ALL = 700
const everything = (): boolean => true

const drawn = (
  touched: readonly number[],
  seed: number,
  mayBeSeen: (post: { readonly postId: string }) => boolean = everything,
  posts = ALL,
): string[] | undefined => {
  const corpus = corpusOf(somePosts(posts), touches('ada', touched))
  const found = drawOthers(corpus, ada, postOf(corpus, 'post-0'), mayBeSeen, new Random(seed))
  return found?.others.map((post) => post.postId)
}

test('others are distinct, never the chosen post, never touched, and of the most recently active', () => {
  const touched = fc.uniqueArray(fc.nat(ALL - 1), { maxLength: 150 })
  fc.assert(
    fc.property(touched, fc.nat(), (indices, seed) => {
      const others = drawn(indices, seed)!
      const excluded = new Set(['post-0', ...indices.map((index) => `post-${index}`)])
      // Published in order, and touched ones are left out: the pool is the newest of the rest.
      const pool = somePosts(ALL)
        .map((post) => post.postId)
        .filter((id) => !excluded.has(id))
        .slice(-POOL_POSTS_MAX)
      expect(new Set(others).size).toBe(OTHERS)
      expect(others.filter((id) => !pool.includes(id as (typeof pool)[number]))).toEqual([])
    }),
    { numRuns: 30 },
  )
})

test('the same seed draws the same, another seed draws others', () => {
  expect(drawn([], 1)).toEqual(drawn([], 1))
  expect(drawn([], 2)).not.toEqual(drawn([], 1))
})

test('what the user may not see is never drawn', () => {
  const isEven = ({ postId }: { readonly postId: string }): boolean => Number(postId.slice(5)) % 2 === 0
  expect(drawn([], 1, isEven)!.every((id) => isEven({ postId: id }))).toBe(true)
})

test('a chosen post is told apart that is not as recently active as those that others are drawn from', () => {
  const corpus = corpusOf(somePosts(ALL))
  const isInPool = (post: number): boolean =>
    drawOthers(corpus, ada, postOf(corpus, `post-${post}`), everything, new Random(1))!.isInPool
  // The last published are the last active; the chosen one is none of the others.
  expect([ALL - 1, ALL - POOL_POSTS_MAX, ALL - POOL_POSTS_MAX - 1, 0].map(isInPool)).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test("a user's own posts are never drawn", () => {
  const corpus = corpusOf(somePosts(ALL))
  const author = userId('author-3')
  const { others } = drawOthers(corpus, author, postOf(corpus, 'post-0'), everything, new Random(1))!
  expect(others.filter((post) => post.authorId === author)).toEqual([])
})

test('each post of the pool is drawn about equally often', () => {
  const times = new Map<string, number>()
  const draws = 400
  for (let seed = 0; seed < draws; seed++) {
    for (const id of drawn([], seed, everything, 201)!) times.set(id, (times.get(id) ?? 0) + 1)
  }
  // 100 of 200: 200 times each, with a standard deviation of 10.
  expect(times.size).toBe(200)
  for (const count of times.values()) expect(Math.abs(count - draws / 2)).toBeLessThan(60)
})

test('with too few posts nothing is drawn', () => {
  expect(drawn([], 1, everything, OTHERS)).toBeUndefined()
  expect(drawn([], 1, everything, OTHERS + 1)).toHaveLength(OTHERS)
})
