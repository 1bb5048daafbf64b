import { describe, expect, test } from 'vitest'
import { MILLIS_MAX } from '../../../schemas/declare/numbers.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import { OLD_PER_SHELF_MAX } from '../../../serving/quotas.ts'
import { impressionOf } from '../../../serving/effects/impression.ts'
import type { FeedAnswer } from '../../../serving/http/feed-schemas.ts'
import { Configuration, RANKING_DEFAULTS } from '../../../serving/rules/config.ts'
import { event, post, type PublishedEvent, reaction, tie } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'

const idsOf = ({ items }: FeedAnswer): string[] => items.map(({ postId }) => postId)

const feedOf = async (
  events: readonly PublishedEvent[],
  query: Readonly<Record<string, string | number>> = {},
): Promise<FeedAnswer> => {
  const running = await Running.start()
  await running.take(events)
  return running.feed({ userId: 'ada', ...query })
}

describe('a feed', () => {
  test('is in the order of scores, each the expected value of its heads times the rules', async () => {
    const authors = ['bea', 'cem', 'dan', 'eve']
    const posts = authors.flatMap((author) =>
      Array.from({ length: 5 }, (_, index) =>
        post(`${author}-${index}`, author, {
          at: Date.now() - index * HOUR_MS,
          kind: index % 2 ? 'video' : 'text',
        }),
      ),
    )
    const likes = posts
      .slice(0, 12)
      .map(({ value }, index) =>
        reaction(`user-${index % 3}`, String(value['postId']), String(value['authorId']), 'like'),
      )
    const { items, meta, cursor } = await feedOf([...posts, ...likes, tie('ada', 'cem', 'friend')])
    expect([items.length, cursor]).toEqual([20, null])
    expect(meta.candidates).toEqual({ found: 20, eligible: 20, pass0: 20, pass1: 20 })
    expect(items[0]!.authorId).toBe('cem')
    for (const [index, { score, trace, position }] of items.entries()) {
      const sum = trace.heads.reduce((total, { probability, weight }) => total + probability * weight, 0)
      expect(trace.expectedValue).toBeCloseTo(sum, 4)
      const product = trace.multipliers.reduce((value, { factor }) => value * factor, trace.expectedValue)
      expect(score).toBeCloseTo(product, 5)
      expect([position, trace.ranks.pass2]).toEqual([index, index])
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
      post('p7', 'hal', { mentions: ['ada'] }),
    ])
    const texts = items.map(({ postId, reason }): [string, string] => [postId, reason.text])
    expect(Object.fromEntries(texts)).toEqual({
      p1: 'By bea, family since 2026-01-02.',
      p2: 'By cem, followed since 2026-01-02.',
      p3: 'In climbers, a group of yours since 2026-01-02.',
      p4: 'On peaks, a page followed since 2026-01-02.',
      p5: 'By fay, whose posts you engaged with once, last 3 days ago.',
      p6: 'Trending: does well with everyone, published 1 hour ago.',
      p7: 'hal mentioned you 1 hour ago.',
    })
    expect(meta.sources).toMatchObject({
      friend: 1,
      follow: 1,
      group: 1,
      page: 1,
      touched: 1,
      trending: 1,
      mention: 1,
    })
  })

  test('says of a followed author what it is, and ranks them so, when their shelf did not give the post', async () => {
    const start = Date.now() - 3 * DAY_MS
    const events = [
      tie('ada', 'bea', 'follow', { at: Date.UTC(2026, 0, 2) }),
      ...Array.from({ length: OLD_PER_SHELF_MAX + 1 }, (_, index) =>
        post(`p${index}`, 'bea', { at: start - index * HOUR_MS }),
      ),
      reaction('ada', 'elsewhere', 'zed', 'view', { at: start + DAY_MS }),
    ]
    const { items } = await feedOf(events, { limit: events.length })
    const oldest = items.find(({ postId }) => postId === `p${OLD_PER_SHELF_MAX}`)!
    expect(oldest.reason).toEqual({ source: 'follow', text: 'By bea, followed since 2026-01-02.' })
    expect(oldest.trace.multipliers).toContainEqual({ rule: 'out-of-network', factor: 1 })
  })

  test('of a stranger is worth as little when an earlier session ranked it too low', async () => {
    const running = await Running.start()
    const at = Date.now() - 4 * HOUR_MS
    await running.take(['p1', 'p2', 'p3'].map((id) => post(id, `stranger-${id}`, { at })))
    await running.feed({ userId: 'ada', limit: 1, asOf: at + HOUR_MS })
    const reasonsLater = async () => {
      const { items } = await running.feed({
        userId: 'ada',
        limit: 3,
        asOf: at + 3 * HOUR_MS,
        preview: 'true',
      })
      return items.map(({ reason, trace }) => [
        reason.text.replace(/stranger-p\d/, 'a stranger'),
        trace.multipliers.find(({ rule }) => rule === 'out-of-network')!.factor,
      ])
    }
    await expect
      .poll(reasonsLater)
      .toContainEqual(['By a stranger: ranked for you once before, and passed over.', 0.75])
  })

  test('brings back a seen post under which friends commented, and says who', async () => {
    const { items } = await feedOf([
      tie('ada', 'bea', 'friend'),
      tie('ada', 'cem', 'friend'),
      post('p1', 'bea', { at: Date.now() - DAY_MS }),
      reaction('ada', 'p1', 'bea', 'comment', { at: Date.now() - DAY_MS / 2, commentId: 'c0' }),
      reaction('cem', 'p1', 'bea', 'comment', { at: Date.now() - HOUR_MS, commentId: 'c1' }),
      reaction('dan', 'p1', 'bea', 'comment', { at: Date.now() - HOUR_MS, commentId: 'c2' }),
    ])
    const [first] = items
    expect([first!.postId, first!.reason.source]).toEqual(['p1', 'comments'])
    expect(first!.reason.text).toBe("cem and dan commented on bea's post since you saw it.")
  })

  test('counts people who commented, not comments, and none who are kept apart', async () => {
    const ago = Date.now() - HOUR_MS
    const { items } = await feedOf([
      post('p1', 'ada', { at: Date.now() - DAY_MS }),
      ...['bea', 'cem', 'dan', 'eve', 'fay', 'gil'].flatMap((user) =>
        [1, 2].map((count) =>
          reaction(user, 'p1', 'ada', 'comment', { at: ago, commentId: `${user}-${count}` }),
        ),
      ),
      tie('ada', 'eve', 'block'),
    ])
    expect(items[0]!.reason.text).toMatch(/^\w+, \w+, \w+ and 2 others commented on your post/)
    expect(items[0]!.reason.text).not.toContain('eve')
  })

  test('names nobody on a later page who is blocked since, and shows no post that is there for them alone', async () => {
    const running = await Running.start()
    const own = ['p1', 'p2', 'p3', 'p4']
    await running.take([
      ...own.map((id, index) => post(id, 'ada', { at: Date.now() - DAY_MS - index * HOUR_MS })),
      ...own.map((id) => reaction('eve', id, 'ada', 'comment', { commentId: `eve-${id}` })),
      reaction('bea', 'p4', 'ada', 'comment', { commentId: 'bea-p4' }),
    ])
    const { cursor, items } = await running.feed({ userId: 'ada', limit: 1 })
    expect(items[0]!.reason.text).toContain('eve')
    await running.take([tie('ada', 'eve', 'block', { at: Date.now() })])
    const rest = await running.feed({ userId: 'ada', limit: 10, cursor: cursor! })
    const named = [...items, ...rest.items].find(({ postId }) => postId === 'p4')!
    expect(rest.items.map(({ postId }) => postId)).toEqual(items[0]!.postId === 'p4' ? [] : ['p4'])
    if (items[0]!.postId !== 'p4') {
      expect(named.reason.text).toBe('bea commented on your post since you saw it.')
    }
    expect(rest.meta.removed['kept-apart']).toBe(rest.items.length === 1 ? 2 : 3)
  })

  test('as of a time that is not yet is refused: it would make all that follows late', async () => {
    const running = await Running.start()
    for (const asOf of [Date.now() + DAY_MS, MILLIS_MAX]) {
      const { status, body } = await running.get(`/v1/feed?userId=ada&asOf=${asOf}`)
      expect([status, body['code'], body['field']]).toEqual([409, 'AS_OF_AHEAD', 'asOf'])
      expect(body['message']).toMatch(/Leave it out/)
    }
  })

  test('is not served without its body: nobody would have seen what is logged', async () => {
    const running = await Running.start()
    const answer = await fetch(`${running.url}/v1/feed?userId=ada`, { method: 'HEAD' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET'])
  })

  test('shows what its posts say now', async () => {
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

  test('is read as of a time: later posts are not in it', async () => {
    const now = Date.now()
    const events = [post('old', 'bea', { at: now - 5 * HOUR_MS }), post('new', 'bea', { at: now - HOUR_MS })]
    const feed = await feedOf(events, { asOf: now - 4 * HOUR_MS })
    expect(idsOf(feed)).toEqual(['old'])
    expect(feed.meta.asOf).toBe(now - 4 * HOUR_MS)
  })

  test('puts posts that moderation ranked down below others, and leaves removed ones out', async () => {
    const { items, meta } = await feedOf([
      ...['p1', 'p2', 'p3'].map((postId, index) =>
        post(postId, `author-${index}`, { at: Date.now() - MINUTE_MS }),
      ),
      event('integrity', { postId: 'p1', verdict: 'downrank', scores: {} }),
      event('integrity', { postId: 'p2', verdict: 'remove', scores: {} }),
    ])
    const factorOf = (index: number): number =>
      items[index]!.trace.multipliers.find(({ rule }) => rule === 'integrity-downrank')!.factor
    expect(items.map(({ postId }, index) => [postId, factorOf(index)])).toEqual([
      ['p3', 1],
      ['p1', 0.3],
    ])
    expect(meta.removed.integrity).toBe(1)
  })

  test('leaves room for others: one author’s posts cost more each time', async () => {
    const many = Array.from({ length: 5 }, (_, index) =>
      post(`bea-${index}`, 'bea', { at: Date.now() - MINUTE_MS }),
    )
    const { items } = await feedOf([...many, post('cem-0', 'cem', { at: Date.now() - 2 * MINUTE_MS })])
    expect(items.map(({ authorId }) => authorId).slice(0, 3)).toEqual(['bea', 'cem', 'bea'])
  })

  test('tells what it was made by and how long it took', async () => {
    const running = await Running.start()
    await running.take([post('p1', 'bea', { at: Date.now() - MINUTE_MS })])
    const { meta } = await running.feed({ userId: 'ada' })
    const { heavy, light } = running.serving.scorers.manifests
    expect([meta.modelVersion, meta.lightModelVersion]).toEqual([heavy.version, light.version])
    expect(meta.configVersion).toBe(new Configuration(RANKING_DEFAULTS).version)
    expect(meta.degraded).toEqual([])
    expect(meta.stages.map(({ stage }) => stage)).toEqual(
      expect.arrayContaining(['inventory', 'filters', 'pass-0', 'pass-1', 'pass-2', 'session', 'selector']),
    )
    expect(meta.featureAgeMs).toBeGreaterThanOrEqual(MINUTE_MS)
    expect(meta.featureAgeMs).toBeLessThan(2 * MINUTE_MS)
  })

  test('and what is logged of it name the towers that it was retrieved by, where it was', async () => {
    const running = await Running.start()
    await running.take([
      post('p1', 'bea', { text: 'A night train to Porto' }),
      post('p2', 'bea', { text: 'A slow breakfast in Lisbon' }),
      reaction('ada', 'p2', 'bea', 'share'),
    ])
    const { retrieval, impressions } = running.serving
    await retrieval!.settle()
    const logged: (string | null)[] = []
    const add = impressions.add.bind(impressions)
    impressions.add = (page) => {
      logged.push(impressionOf(page).retrievalModelVersion)
      add(page)
    }
    const { meta } = await running.feed({ userId: 'ada' })
    const towers = await running.serving.models.registry.live('retrieval')
    const without = await running.feed({ userId: 'nobody' })
    expect([meta.retrievalModelVersion, without.meta.retrievalModelVersion]).toEqual([towers!.version, null])
    expect(logged).toEqual([towers!.version, null])
  })

  test('is selected and logged by stages as any other, on every page, and metrics tell of what no answer can', async () => {
    const running = await Running.start()
    await running.take(['p1', 'p2', 'p3', 'p4'].map((id) => post(id, `author-of-${id}`)))
    const { cursor, items, meta } = await running.feed({ userId: 'ada', limit: 1 })
    const stagesOf = ({ stages }: FeedAnswer['meta'], pattern: RegExp): [string, number][] =>
      stages.filter(({ stage }) => pattern.test(stage)).map(({ stage, kept }) => [stage, kept])
    const ofPage = /^(turn|session|selector|effect)/
    expect(stagesOf(meta, ofPage)).toEqual([
      ['turn', 0],
      ['session', 4],
      ['effect-samples', 0],
      ['selector', 1],
      ['effect-impressions', 1],
    ])
    await running.take([tie('ada', `author-of-${items[0]!.postId === 'p4' ? 'p3' : 'p4'}`, 'block')])
    const second = await running.feed({ userId: 'ada', cursor: cursor!, preview: 'true' })
    expect(second.meta.stages.map(({ stage, kept }) => [stage, kept])).toEqual([['selector', 2]])
    const text = await (await fetch(`${running.url}/metrics`)).text()
    const runsOf = (stage: string): string | undefined =>
      new RegExp(`freshet_feed_stage_ms_count\\{stage="${stage}"\\} (\\d+)`).exec(text)?.[1]
    expect(
      ['turn', 'selector', 'effect-impressions', 'effect-requests', 'effect-shadow'].map(runsOf),
    ).toEqual(['1', '2', '1', '2', '1'])
    expect(text).toContain('freshet_feed_removed_total{filter="kept-apart"} 1')
  })

  test('tells on every page how old the features are that it was ranked by', async () => {
    const running = await Running.start()
    await running.take(['p1', 'p2', 'p3'].map((id) => post(id, 'bea', { at: Date.now() - 5 * MINUTE_MS })))
    const { cursor } = await running.feed({ userId: 'ada', limit: 1 })
    await running.take([post('p4', 'cem', { at: Date.now() })])
    const { meta } = await running.feed({ userId: 'ada', limit: 1, cursor: cursor! })
    expect(meta.featureAgeMs).toBeGreaterThanOrEqual(5 * MINUTE_MS)
  })
})

describe('without scorers', () => {
  test('a feed is still answered, and says which passes it was made without', async () => {
    const running = await Running.start()
    await running.take([post('p1', 'bea'), post('p2', 'cem')])
    await running.serving.scorers.close()
    const { items, meta } = await running.feed({ userId: 'ada' })
    expect(items).toHaveLength(2)
    expect(meta.degraded).toEqual([
      { stage: 'pass-0', reason: 'SCORERS_CLOSED' },
      { stage: 'pass-1', reason: 'SCORERS_CLOSED' },
    ])
    expect(items[0]!.trace).toMatchObject({ heads: [], ranks: { pass0: -1, pass1: -1, pass2: 0 } })
  })
})

describe('rules that are off', () => {
  test('change nothing any more, and the version of the configuration', async () => {
    const running = await Running.start({ config: { rulesOff: ['out-of-network'] } })
    await running.take([post('p1', 'bea')])
    const { items, meta } = await running.feed({ userId: 'ada' })
    expect(items[0]!.score).toBe(items[0]!.trace.expectedValue)
    expect(items[0]!.trace.multipliers.map(({ rule }) => rule)).not.toContain('out-of-network')
    const usual = await (await Running.start()).feed({ userId: 'ada' })
    expect(meta.configVersion).not.toBe(usual.meta.configVersion)
  })
})

describe('what is asked for wrongly', () => {
  const running = Running.forAll()

  test.each([
    ['limit=0&userId=ada', 'limit'],
    ['limit=101&userId=ada', 'limit'],
    ['device=watch&userId=ada', 'device'],
    ['asOf=5&userId=ada', 'asOf'],
    ['preview=perhaps&userId=ada', 'preview'],
    ['userId=a%00b', 'userId'],
    ['userId=ada&surface=%00', 'surface'],
    ['limit=5', 'userId'],
    ['userId=ada&colour=red', 'colour'],
  ])('%s is refused by its field', async (query, field) => {
    const { status, body } = await running().get(`/v1/feed?${query}`)
    expect([status, body['code'], body['field']]).toEqual([400, 'BAD_REQUEST', field])
  })
})
