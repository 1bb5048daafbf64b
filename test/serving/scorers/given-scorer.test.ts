import { expect, test } from 'vitest'
import { HOUR_MS, millis, type UserId } from '../../../schemas/ids.ts'
import type { FeedAnswer } from '../../../serving/http/feed-schemas.ts'
import { post, reaction, tie } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'

test('posts that somebody else chose are scored as of the sources that a feed has them by', async () => {
  const running = await Running.start()
  const at = Date.now() - 5 * HOUR_MS
  await running.take([
    tie('ada', 'bea', 'follow', { at: at - HOUR_MS }),
    reaction('ada', 'elsewhere', 'dan', 'like', { at }),
    post('by-followed', 'bea', { at }),
    post('by-touched', 'dan', { at }),
    ...['p1', 'p2'].map((id) => post(id, `stranger-${id}`, { at })),
  ])
  await running.feed({ userId: 'ada', limit: 1, asOf: at + HOUR_MS })
  await running.take([post('never-ranked', 'stranger', { at })])
  const asOf = millis(at + 3 * HOUR_MS)
  const later = (): Promise<FeedAnswer> => running.feed({ userId: 'ada', limit: 9, asOf, preview: 'true' })
  const sources = async () => (await later()).items.map(({ reason }) => reason.source)
  await expect.poll(sources).toContain('carried')
  const { items } = await later()
  const told: string[] = []
  await running.serving.given.score(
    'ada' as UserId,
    items.map(({ postId }) => postId),
    asOf,
    (posts) => told.push(...posts.map(({ candidate }) => candidate.source)),
  )
  expect(told).toEqual(items.map(({ reason }) => reason.source))
  expect(new Set(told)).toEqual(new Set(['follow', 'touched', 'carried', 'trending']))
})
