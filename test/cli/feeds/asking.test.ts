import { describe, expect, test } from 'vitest'
import { asking } from '../../../cli/feeds/asking.ts'
import { explainTable, feedTable } from '../../../cli/feeds/tables.ts'
import type { PostId, RequestId, UserId } from '../../../schemas/ids.ts'
import { post, reaction, tie } from '../community.ts'
import { Running } from '../running.ts'

const events = [
  tie('ada', 'bea', 'friend', { at: Date.UTC(2026, 0, 2) }),
  post('p1', 'bea'),
  post('p2', 'cem'),
  post('p3', 'dan'),
  reaction('ada', 'p3', 'dan', 'like'),
]
const ADA = 'ada' as UserId
const request = { userId: ADA, limit: 5, asOf: null }

describe('a feed that somebody looks at', () => {
  test('is the same from a running server and from its data directory, and is not logged', async () => {
    const running = await Running.start()
    await running.take(events)
    const remote = await asking({ data: 'unused', url: running.url }, (feeds) => feeds.preview(request))
    const asOf = remote.meta.asOf
    expect(running.serving.impressions.counts).toMatchObject({ waiting: 0, written: 0 })
    await running.stop()
    const local = await asking({ data: running.data }, (feeds) => feeds.preview({ ...request, asOf }))
    expect(local.items).toEqual(remote.items)
  })

  test('is a table with a reason for each post', async () => {
    const running = await Running.start()
    await running.take(events)
    const table = await asking({ data: 'unused', url: running.url }, async (feeds) =>
      feedTable(await feeds.preview(request)),
    )
    const lines = table.split('\n')
    expect(lines[0]).toMatch(/^# {2}post {2}author {2}kind {2}score +why$/)
    expect(lines[1]).toMatch(/^1 {2}p1 +bea +text +[\d.]+ +By bea, a friend since 2026-01-02\.$/)
    expect(lines[2]).toMatch(/^2 {2}p2 +cem +text +[\d.]+ +Trending: /)
    expect(table).toMatch(
      /3 posts found, 2 eligible, 2 scored in [\d.]+ ms; model \w+ \(prior\), configuration c-\w+\.$/,
    )
  })

  test('of nobody and nothing says so', async () => {
    const running = await Running.start()
    const table = await asking({ data: 'unused', url: running.url }, async (feeds) =>
      feedTable(await feeds.preview(request)),
    )
    expect(table).toMatch(/^There is nothing to show\./)
  })

  test('of nothing but what is left out says why, and of old posts what to do', async () => {
    const running = await Running.start()
    const { meta } = await running.feed({ userId: 'ada' })
    const removed = { ...meta.removed, 'too-old': 3, own: 1 }
    const table = feedTable({ items: [], cursor: null, meta: { ...meta, removed } })
    expect(table).toMatch(/^There is nothing to show\.\nLeft out: [^\n]*3 too-old/)
    expect(table).toContain('try an earlier --as-of')
  })
})

describe('an explanation', () => {
  test('tells sources, passes, the score and its features, or what left the post out', async () => {
    const running = await Running.start()
    await running.take(events)
    await running.stop()
    const [shown, removed] = await asking({ data: running.data }, async (feeds) => {
      const { meta } = await feeds.preview(request)
      const explain = async (postId: string): Promise<string> =>
        explainTable(await feeds.explain(meta.requestId as RequestId, postId as PostId))
      return [await explain('p1'), await explain('p3')]
    })
    expect(shown).toMatch(/\nSources\n.*friend +found it/)
    expect(shown).toMatch(/\nExpected value [\d.]+\n {2}click +[\d.]+ +× 1 +=/)
    expect(shown).toMatch(/\nRules\n {2}out-of-network +× 1\n/)
    expect(shown).toMatch(/\nFeatures\n[^]*context\.source\.friend +1/)
    expect(removed).toMatch(/^Removed by a filter: The viewer saw it/)
    expect(removed).not.toMatch(/Expected value/)
  })
})
