import { describe, expect, test } from 'vitest'
import type { Feed } from '../../../cli/feed/feed.ts'
import { TRENDING_REFRESH_MS } from '../../../cli/feed/trending.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import { event, post, type PublishedEvent, reaction, tie } from '../community.ts'
import { Running } from '../running.ts'

const idsOf = ({ items }: Feed): string[] => items.map(({ postId }) => postId)

const feedOf = async (
  events: readonly PublishedEvent[],
  query: Readonly<Record<string, string | number>> = {},
): Promise<Feed> => {
  const running = await Running.start()
  await running.take(events)
  return running.feed({ userId: 'ada', ...query })
}

describe('the next feed', () => {
  test('shows what a reaction over HTTP changed', async () => {
    const running = await Running.start()
    await running.publish(post('p1', 'bea'), post('p2', 'bea'), tie('ada', 'bea', 'follow'))
    await running.embedded.settled()
    const before = (await running.feed({ userId: 'ada' })).items.find(({ postId }) => postId === 'p2')!
    expect(before.features['user_author.engagements.total']).toBe(0)
    expect(before.terms.affinity).toBe(0)

    await running.publish(reaction('ada', 'p1', 'bea', 'like', { at: Date.now() }))
    await expect
      .poll(async () => {
        const { items } = await running.feed({ userId: 'ada' })
        return items.find(({ postId }) => postId === 'p2')!.features['user_author.engagements.total']
      })
      .toBe(1)
    await running.embedded.settled()
    const after = await running.feed({ userId: 'ada' })
    expect(idsOf(after)).toEqual(['p2', 'p1'])
    expect(after.items.map(({ seen }) => seen)).toEqual([false, true])
    expect(after.items[0]!.terms.affinity).toBeGreaterThan(before.terms.affinity)
    expect(after.items[0]!.score).toBeGreaterThan(before.score)
    expect(after.items[1]!.features).toMatchObject({ 'post.engagements.total': 1 })
    expect(after.items[1]!.features['post.engagements.decayed_24h']).toBeCloseTo(1, 2)
  })

  test('no longer shows what was deleted, and shows edits', async () => {
    const running = await Running.start()
    await running.take([post('p1', 'bea'), post('p2', 'bea'), tie('ada', 'bea', 'friend')])
    expect(idsOf(await running.feed({ userId: 'ada' })).sort()).toEqual(['p1', 'p2'])
    await running.take([
      post('p1', 'bea', { action: 'deleted', at: Date.now() }),
      post('p2', 'bea', { action: 'edited', text: 'Said better.', at: Date.now() }),
    ])
    const { items } = await running.feed({ userId: 'ada' })
    expect(items.map(({ post: { text, editedAt } }) => [text, editedAt === null])).toEqual([
      ['Said better.', false],
    ])
  })

  test('holds new trending posts after a few seconds', async () => {
    let now = 0
    const clock = { now: () => systemClock.now(), monotonicMs: () => now }
    const running = await Running.start({ clock })
    await running.take([post('p1', 'bea')])
    expect(idsOf(await running.feed({ userId: 'ada' }))).toEqual(['p1'])
    await running.take([post('p2', 'bea')])
    expect(idsOf(await running.feed({ userId: 'ada' }))).toEqual(['p1'])
    now += TRENDING_REFRESH_MS + 1
    await expect.poll(async () => idsOf(await running.feed({ userId: 'ada' })).sort()).toEqual(['p1', 'p2'])
  })
})

describe('a feed', () => {
  test('is in the order of scores, which are the sums of their terms', async () => {
    const authors = ['bea', 'cem', 'dan', 'eve']
    const posts = authors.flatMap((author) =>
      Array.from({ length: 5 }, (_, index) =>
        post(`${author}-${index}`, author, { at: Date.now() - index * HOUR_MS }),
      ),
    )
    const likes = posts
      .slice(0, 12)
      .map(({ value }, index) =>
        reaction(`user-${index % 3}`, String(value['postId']), String(value['authorId']), 'like'),
      )
    const { items, meta } = await feedOf([...posts, ...likes, tie('ada', 'cem', 'friend')])
    expect(items).toHaveLength(20)
    expect(meta.candidates).toBe(20)
    for (const [index, { score, terms }] of items.entries()) {
      const sum = Object.values(terms).reduce((total, term) => total + term, 0)
      expect(score).toBeCloseTo(sum, 4)
      if (index > 0) expect(score).toBeLessThanOrEqual(items[index - 1]!.score)
    }
  })

  test('says why each post is there', async () => {
    const at = Date.UTC(2026, 0, 2)
    const { items, meta } = await feedOf([
      tie('ada', 'bea', 'friend', { closeness: 'family', at }),
      tie('ada', 'cem', 'follow', { at }),
      tie('ada', 'climbers', 'group', { at }),
      tie('ada', 'peaks', 'page', { at }),
      reaction('ada', 'old', 'fay', 'like', { at: Date.now() - 3 * DAY_MS }),
      post('p1', 'bea'),
      post('p2', 'cem'),
      post('p3', 'dan', { audience: 'group', containerId: 'climbers' }),
      post('p4', 'eve', { audience: 'page', containerId: 'peaks' }),
      post('p5', 'fay'),
      post('p6', 'gil'),
    ])
    const texts = items.map(({ postId, reason }): [string, string] => [postId, reason.text])
    expect(Object.fromEntries(texts)).toEqual(
      Object.fromEntries([
        ['p1', 'By bea, family since 2026-01-02.'],
        ['p2', 'By cem, followed since 2026-01-02.'],
        ['p3', 'In climbers, a group joined on 2026-01-02.'],
        ['p4', 'On peaks, a page followed since 2026-01-02.'],
        ['p5', 'By fay, whose posts you engaged with once, last 3 days ago.'],
        ['p6', 'Trending: does well with everyone, published 1 hour ago.'],
      ]),
    )
    expect(meta.sources).toEqual({
      friend: 1,
      follow: 1,
      group: 1,
      page: 1,
      'touched-author': 1,
      trending: 1,
    })
  })

  test('of someone never heard of is what trends', async () => {
    const { items } = await feedOf([
      post('p1', 'bea', { at: Date.now() - 2 * HOUR_MS }),
      post('p2', 'cem', { at: Date.now() - 3 * HOUR_MS }),
      ...['u1', 'u2', 'u3', 'u4'].map((userId) => reaction(userId, 'p2', 'cem', 'share')),
    ])
    expect(items.map(({ postId, reason }) => [postId, reason.source])).toEqual([
      ['p2', 'trending'],
      ['p1', 'trending'],
    ])
  })

  test('shows what was seen only when there is too little else', async () => {
    const running = await Running.start()
    const posts = Array.from({ length: 6 }, (_, index) => post(`p${index}`, `author-${index}`))
    await running.take([
      ...posts,
      ...[0, 1].map((index) => reaction('ada', `p${index}`, `author-${index}`, 'view')),
    ])
    const few = await running.feed({ userId: 'ada', limit: 4 })
    expect(few.items.every(({ seen }) => !seen)).toBe(true)
    expect(few.meta.removed.seen).toBe(2)
    const all = await running.feed({ userId: 'ada', limit: 6 })
    expect(all.items.map(({ seen }) => seen)).toEqual([false, false, false, false, true, true])
    expect(all.meta.removed.seen).toBe(0)
  })

  test('is read as of a time: later posts are not in it, and ages are counted from there', async () => {
    const now = Date.now()
    const events = [post('old', 'bea', { at: now - 5 * HOUR_MS }), post('new', 'bea', { at: now - HOUR_MS })]
    const { items, meta } = await feedOf(events, { asOf: now - 4 * HOUR_MS })
    expect(items.map(({ postId }) => postId)).toEqual(['old'])
    expect(meta.asOf).toBe(now - 4 * HOUR_MS)
    expect(items[0]!.terms.age).toBeCloseTo(-0.5 * Math.log2(1 + 1 / 6), 4)
  })

  test('puts posts that moderation ranked down below others, and leaves removed ones out', async () => {
    const { items, meta } = await feedOf([
      ...['p1', 'p2', 'p3'].map((postId, index) =>
        post(postId, `author-${index}`, { at: Date.now() - MINUTE_MS }),
      ),
      event('integrity', { postId: 'p1', verdict: 'downrank', scores: {} }),
      event('integrity', { postId: 'p2', verdict: 'remove', scores: {} }),
    ])
    expect(items.map(({ postId, terms }) => [postId, terms.integrity])).toEqual([
      ['p3', 0],
      ['p1', -2],
    ])
    expect(meta.removed.integrity).toBe(1)
  })

  test('takes back what an undo takes back', async () => {
    const like = reaction('ada', 'p1', 'bea', 'like')
    const undo = { ...like, value: { ...like.value, eventId: 'undo', undo: true } }
    const { items } = await feedOf([post('p1', 'bea'), post('p2', 'bea'), like, undo])
    expect(items.map(({ terms }) => terms.affinity)).toEqual([0, 0])
  })

  test('leaves room for others: one author’s posts cost more each time', async () => {
    const many = Array.from({ length: 5 }, (_, index) =>
      post(`bea-${index}`, 'bea', { at: Date.now() - MINUTE_MS }),
    )
    const { items } = await feedOf([...many, post('cem-0', 'cem', { at: Date.now() - 2 * HOUR_MS })])
    expect(items.map(({ authorId }) => authorId).slice(0, 3)).toEqual(['bea', 'cem', 'bea'])
  })
})
