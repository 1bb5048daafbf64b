import { expect, test } from 'vitest'
import { sourcesIn } from '../../../serving/candidate.ts'
import { RANKED, ServedFeed } from '../../../serving/explain/served-feed.ts'
import { ServedRequests } from '../../../serving/explain/served-requests.ts'
import type { RankedFeed } from '../../../serving/feed-pipeline.ts'
import { HOUR_MS } from '../../../schemas/ids.ts'
import { later, postId } from '../../processors/events.ts'
import { requestId } from '../../processors/personal-events.ts'
import { aQuery, newestRanker, pipelineOver, sessionOf } from '../feeds.ts'
import { People } from '../people.ts'

const feedOf = (posts: number, keptMax?: number): Promise<RankedFeed> => {
  const people = new People().tie({ targetId: 'ann', kind: 'friend' }).post('own', { authorId: 'user-1' })
  for (let post = 0; post < posts; post++)
    people.post(`post-${post}`, { authorId: 'ann', at: later(-post - HOUR_MS) })
  return pipelineOver(people.state, { ranker: newestRanker(keptMax) }).rank(aQuery())
}

test('every candidate is remembered with how far it came, its sources, scores and places', async () => {
  const feed = await feedOf(5, 3)
  const served = new ServedFeed(feed)
  const recorded = feed.found.map(({ post }) => served.recordOf(post.postId)!)
  expect(recorded.map(({ sources }) => sources)).toEqual(feed.found.map(({ sources }) => sources))
  for (const [
    index,
    { lightScore, lightRank, expectedValue, heavyRank, value, rank },
  ] of feed.found.entries()) {
    expect(recorded[index]!.passes).toEqual([
      { score: lightScore, rank: lightRank },
      { score: expectedValue, rank: heavyRank },
      { score: value, rank },
    ])
  }
  const outcomes = Object.fromEntries(
    feed.found.map(({ post }, index) => [post.postId, recorded[index]!.outcome]),
  )
  expect(outcomes).toEqual({ own: 'own', 'post-0': 0, 'post-1': 0, 'post-2': 0, 'post-3': 1, 'post-4': 1 })
  expect(served.recordOf(postId('post-9'))).toBeUndefined()
  expect(served.cuts[0]).toEqual({ score: -HOUR_MS - 2, kept: 3, byRank: 3 })
})

test('a record takes 29 bytes a candidate and little beside', async () => {
  const [small, large] = [new ServedFeed(await feedOf(10)), new ServedFeed(await feedOf(110))]
  expect(large.bytes - small.bytes).toBe(29 * (large.found - small.found))
  expect(small.bytes).toBeLessThan(29 * small.found + 1_100)
})

test('pages share the record of their ranking, and it leaves with the last of them', async () => {
  const feed = await feedOf(20)
  const alone = new ServedRequests()
  alone.note(requestId('r-1'), feed, [])
  const requests = new ServedRequests(alone.bytes + 3_000)
  const session = sessionOf(feed, 'r-1')
  requests.note(requestId('r-1'), feed, feed.order.slice(0, 2))
  const first = requests.bytes
  requests.page(requestId('r-2'), session, feed.order.slice(2, 4))
  expect(requests.bytes - first).toBeLessThan(1_000)
  expect(requests.get(requestId('r-2')).feed).toBe(requests.get(requestId('r-1')).feed)
  for (let page = 3; page < 30; page++) requests.page(requestId(`r-${page}`), session, [])
  expect(() => requests.get(requestId('r-1'))).toThrow('REQUEST_UNKNOWN')
  const { feed: kept } = requests.get(requestId('r-29'))
  expect([kept.found, kept.isWhole]).toEqual([feed.found.length, true])
})

test('a page of a ranking that was forgotten is remembered by what its session knows: what was ranked', async () => {
  const feed = await feedOf(20, 12)
  const requests = new ServedRequests()
  const session = sessionOf(feed, 'r-1')
  requests.page(requestId('r-2'), session, feed.order.slice(5, 10))
  const { feed: kept, shown } = requests.get(requestId('r-2'))
  expect(kept.isWhole).toBe(false)
  for (const [rank, { post, lightScore, lightRank, heavyRank }] of feed.order.entries()) {
    const { outcome, passes, sources } = kept.recordOf(post.postId)!
    expect([outcome, sourcesIn(sources)]).toEqual([RANKED, ['friend']])
    expect(passes[0]).toEqual({ score: lightScore, rank: lightRank })
    expect([passes[1].rank, passes[2].rank]).toEqual([heavyRank, rank])
    expect(shown.indexOf(post.postId)).toBe(rank >= 5 && rank < 10 ? rank - 5 : -1)
  }
  expect(kept.recordOf(postId('own'))).toBeUndefined()
  requests.page(requestId('r-3'), session, feed.order.slice(10, 12))
  expect(requests.get(requestId('r-3')).feed).toBe(kept)
})

test('bytes are bounded: the oldest leave, and none are counted twice', async () => {
  const feed = await feedOf(20)
  const requests = new ServedRequests(10_000)
  for (let request = 0; request < 50; request++) {
    requests.note(requestId(`r-${request % 25}`), feed, feed.order)
    expect(requests.bytes).toBeLessThanOrEqual(10_000)
    requests.get(requestId(`r-${request % 25}`))
  }
  expect(() => requests.get(requestId('r-0'))).toThrow('REQUEST_UNKNOWN')
  const again = new ServedRequests()
  for (let time = 0; time < 3; time++) again.note(requestId('r'), feed, feed.order)
  const once = new ServedRequests()
  once.note(requestId('r'), feed, feed.order)
  expect(again.bytes).toBe(once.bytes)
})
