import { expect, test } from 'vitest'
import { decodeRow, isDecoded } from '../../cli/decoders.ts'
import { plainOf } from '../../cli/inspect/plain.ts'
import { isProcessor } from '../../engine/topology.ts'
import { SEEN_UNFILTERED_MAX } from '../../processors/seen.ts'
import { TASTE_HALF_LIFE_MS } from '../../processors/user-taste.ts'
import { DAY_MS, millis } from '../../schemas/ids.ts'
import { everything, views } from '../../topologies/index.ts'
import { event, post, reaction, tie } from './community.ts'
import { Running } from './running.ts'

test('rows of every store that holds any are told in words', async () => {
  const running = await Running.start()
  await running.take([
    tie('ada', 'bea', 'friend'),
    tie('ada', 'bea', 'follow'),
    event('profiles', { userId: 'ada', country: 'GB', interests: ['trains'] }),
    post('p1', 'bea', { containerId: 'cooks', hashtags: ['nighttrain'] }),
    post('p2', 'bea'),
    event('integrity', { postId: 'p1', verdict: 'allow', scores: { spam: 0.5 } }),
    reaction('ada', 'p1', 'bea', 'like'),
    reaction('ada', 'p1', 'bea', 'comment', { commentId: 'c1' }),
    reaction('ada', 'not-published-yet', 'bea', 'like'),
    ...Array.from({ length: SEEN_UNFILTERED_MAX + 1 }, (_, seen) =>
      reaction('ada', `seen-${seen}`, 'bea', 'view'),
    ),
  ])
  const feed = await running.get('/v1/feed?userId=ada&limit=1')
  const { requestId } = feed.body['meta'] as { requestId: string }
  await expect.poll(() => running.serving.impressions.counts.written).toBe(1)
  await running.take([reaction('ada', 'p2', 'bea', 'save', { requestId, at: Date.now() })])
  const { body } = await running.get('/admin/v1/stores')
  const shown: string[] = []
  for (const store of body['stores'] as string[]) {
    const answer = await running.get(`/admin/v1/stores/${store}/rows`)
    for (const row of answer.body['rows'] as { value: unknown }[]) {
      expect(row.value, store).not.toHaveProperty('hex')
      shown.push(store)
    }
  }
  expect(shown).toEqual(
    expect.arrayContaining([
      'connections',
      'given-reactions',
      'hashtag-words',
      'integrity',
      'label-join',
      'label-slates',
      'post-join',
      'profiles',
      'seen',
      'seen-filter',
    ]),
  )
  expect(new Set(shown).size).toBeGreaterThan(24)
})

test('a row of replayed history is read as of its newest event, or as of a time that is asked for', async () => {
  const running = await Running.start()
  const at = Date.UTC(2017, 5, 1)
  await running.take([reaction('ada', 'p1', 'bea', 'like', { at })])
  const rowAsOf = async (asOf: string): Promise<{ asOf: number; value: Record<string, number> }> => {
    const { body } = await running.get(`/admin/v1/stores/user-author/rows?prefix=ada&limit=1${asOf}`)
    return (body['rows'] as { asOf: number; value: Record<string, number> }[])[0]!
  }
  const newest = await rowAsOf('')
  expect(newest).toMatchObject({ asOf: at, value: { 'user_author.engagements.window_24h': 1 } })
  const later = await rowAsOf(`&asOf=${at + 2 * DAY_MS}`)
  expect(later).toMatchObject({ asOf: at + 2 * DAY_MS, value: { 'user_author.engagements.window_24h': 0 } })
  const { body } = await running.get(`/admin/v1/stores/user-author/row?key=ada&key=bea&asOf=${at + DAY_MS}`)
  expect(body['asOf']).toBe(at + DAY_MS)
})

test('a taste, which knows its newest reaction by epoch alone, is never read as of later than now', () => {
  const epoch = 200
  const row = Buffer.concat([
    Buffer.from([1]),
    Buffer.alloc(8),
    Buffer.from([0x80 | (epoch & 0x7f), epoch >> 7]),
  ])
  const now = millis(epoch * 8 * TASTE_HALF_LIFE_MS)
  expect(decodeRow('user-taste', row, null, now)).toEqual({ asOf: now, value: null })
})

test('a row of a view of another version is shown as bytes', () => {
  const [name] = views.keys()
  const hex = (store: string, row: Buffer): unknown => decodeRow(store, row, null, millis(0))
  expect(hex(name!, Buffer.from([99, 1, 2]))).toEqual({ asOf: null, value: { hex: '630102' } })
  expect(hex('__proto__', Buffer.from([1]))).toEqual({ asOf: null, value: { hex: '01' } })
})

test('every store is a view or has a reader', () => {
  const stores = everything.nodes.filter(isProcessor).map(({ name }) => name)
  expect(stores.filter((store) => !isDecoded(store))).toEqual([])
})

test('any value becomes plain JSON', () => {
  const value = {
    map: new Map([['__proto__', 1]]),
    set: new Set([1, null]),
    bytes: Buffer.from([255]),
    vector: Float32Array.of(0.05, -2),
    none: undefined,
  }
  expect(JSON.stringify(plainOf(value))).toBe(
    '{"map":{"__proto__":1},"set":[1,null],"bytes":"ff","vector":[0.05,-2],"none":null}',
  )
})
