import { describe, expect, test } from 'vitest'
import type { ExplainAnswer } from '../../../serving/http/explain-schemas.ts'
import { post, reaction, tie } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'

const explain = async (running: Running, requestId: string, postId: string): Promise<ExplainAnswer> => {
  const { status, body } = await running.get(`/v1/feed/${requestId}/explain/${postId}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body as unknown as ExplainAnswer
}

describe('an explanation', () => {
  test('of a post that was shown has its score and the features behind it', async () => {
    const running = await Running.start()
    await running.take([
      tie('ada', 'bea', 'friend'),
      post('p1', 'bea'),
      post('p2', 'bea'),
      reaction('ada', 'p2', 'bea', 'like'),
    ])
    const { items, meta } = await running.feed({ userId: 'ada' })
    const told = await explain(running, meta.requestId, 'p1')
    expect(told).toMatchObject({ outcome: 'shown', pagePosition: 0, trace: items[0]!.trace })
    expect(told.features).toMatchObject({
      'user_author.engagements.total': 1,
      'context.source.friend': 1,
      'context.in_network': 1,
    })
    expect(told.sources.filter(({ found }) => found).map(({ source }) => source)).toContain('friend')
  })

  test('of a later page names what that page showed', async () => {
    const running = await Running.start()
    await running.take(Array.from({ length: 4 }, (_, index) => post(`p${index}`, `author-${index}`)))
    const first = await running.feed({ userId: 'ada', limit: 2 })
    const second = await running.feed({ userId: 'ada', limit: 2, cursor: first.cursor! })
    const { postId } = second.items[1]!
    expect(second.items[1]).toMatchObject({ position: 3 })
    expect(await explain(running, second.meta.requestId, postId)).toMatchObject({
      outcome: 'shown',
      pagePosition: 1,
    })
    expect(await explain(running, first.meta.requestId, postId)).toMatchObject({ outcome: 'ranked' })
  })

  test('of posts left out and never found says so, without a score', async () => {
    const running = await Running.start()
    await running.take([post('p1', 'bea'), post('p2', 'ada'), reaction('ada', 'p1', 'bea', 'like')])
    const { meta } = await running.feed({ userId: 'ada' })
    const removed = await explain(running, meta.requestId, 'p1')
    expect([removed.outcome, removed.filter, removed.trace]).toEqual(['removed', 'seen', undefined])
    expect(await explain(running, meta.requestId, 'nope')).toMatchObject({ outcome: 'not-found' })
  })

  test('of a request that nobody remembers is a coded error', async () => {
    const running = await Running.start()
    const { status, body } = await running.get('/v1/feed/nope/explain/p1')
    expect([status, body['code']]).toEqual([404, 'REQUEST_UNKNOWN'])
  })

  test('is of one person, as their feed is: no cache keeps it, nor that there is none', async () => {
    const running = await Running.start()
    await running.take([post('p1', 'bea')])
    const feed = await running.get('/v1/feed?userId=ada')
    const { requestId } = feed.body['meta'] as { readonly requestId: string }
    const told = await running.get(`/v1/feed/${requestId}/explain/p1`)
    const unknown = await running.get('/v1/feed/nope/explain/p1')
    const refused = await running.get('/v1/feed?userId=ada&cursor=none')
    const answers = [feed, told, unknown, refused]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 400])
    for (const { headers } of answers) expect(headers.get('cache-control')).toBe('no-store')
  })

  test('is also given of a feed that somebody only looked at', async () => {
    const running = await Running.start()
    await running.take([post('p1', 'bea')])
    const { meta } = await running.feed({ userId: 'ada', preview: 'true' })
    expect(await explain(running, meta.requestId, 'p1')).toMatchObject({ outcome: 'shown' })
    expect(running.serving.impressions.counts).toMatchObject({ waiting: 0, written: 0 })
  })
})
