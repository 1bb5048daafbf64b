import { expect, test } from 'vitest'
import { rankingRow } from '../../../models/ranking-row.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, millis, type UserId } from '../../../schemas/ids.ts'
import { unpackInto } from '../../../schemas/impressions/packed-features.ts'
import type { FeedAnswer } from '../../../serving/http/feed-schemas.ts'
import { post, reaction, tie } from '../../cli/community.ts'
import { Running } from '../../cli/running.ts'
import { postId, userId } from '../../processors/events.ts'

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

const POSTS = ['p0', 'p1', 'p2', 'p3', 'p4']
const VIEWER = { userId: 'ada' }

const commented = (at: number): ReturnType<typeof reaction>[] =>
  ['bea', 'cem', 'dan'].map((user) =>
    reaction(user, 'p3', 'eve', 'comment', { at, commentId: `said by ${user}` }),
  )

const columnsOf = (packed: Buffer): Record<string, number> => {
  const row = new Float32Array(rankingRow.width)
  unpackInto(packed, row, 0)
  return Object.fromEntries(rankingRow.columns.map(({ name }, index) => [name, row[index]!]))
}

/** The rows that the next feed is ranked by, by post. Nothing of that feed is logged, so the state stays as it is. */
const servedRows = async (running: Running, asOf: number): Promise<Map<string, Record<string, number>>> => {
  const rows = new Map<string, Record<string, number>>()
  running.serving.impressions.add = ({ shown, session }) => {
    for (const { candidate } of shown) {
      rows.set(candidate.post.postId, columnsOf(session.featuresOf(candidate.index)))
    }
  }
  await running.feed({ ...VIEWER, limit: POSTS.length, asOf })
  return rows
}

const givenRows = async (running: Running, asOf: number): Promise<Map<string, Record<string, number>>> => {
  const rows = new Map<string, Record<string, number>>()
  const posts = POSTS.map((id) => postId(id))
  await running.serving.given.score(userId(VIEWER.userId), posts, millis(asOf), (scored) => {
    for (const { candidate, features } of scored) rows.set(candidate.post.postId, columnsOf(features))
  })
  return rows
}

test('posts that are given are scored by the rows that they would be served by', async () => {
  const running = await Running.start()
  const asOf = Date.now() - HOUR_MS
  await running.take([
    tie(VIEWER.userId, 'eve', 'follow', { at: asOf - 2 * DAY_MS }),
    tie(VIEWER.userId, 'bea', 'friend', { at: asOf - 2 * DAY_MS }),
    tie('bea', VIEWER.userId, 'friend', { at: asOf - 2 * DAY_MS }),
    ...POSTS.map((id, index) =>
      post(id, 'eve', { at: asOf - DAY_MS - index * MINUTE_MS, hashtags: ['tides'] }),
    ),
    ...commented(asOf - HOUR_MS),
  ])
  // All but one wait for the next session: they were ranked, and not shown.
  await running.feed({ ...VIEWER, limit: 1, asOf: asOf - MINUTE_MS })
  await expect.poll(() => running.serving.impressions.counts.waiting).toBe(0)
  await running.embedded.settled()
  const served = await servedRows(running, asOf)
  const given = await givenRows(running, asOf)
  expect(served.size).toBeGreaterThanOrEqual(POSTS.length - 1)
  for (const [id, row] of served) expect(given.get(id), id).toEqual(row)
  const { 'context.unseen_comments': comments, 'context.unseen_comments_by_friends': byFriends } =
    given.get('p3')!
  expect([comments, byFriends]).toEqual([3, 1])
  expect([...given.values()].map((row) => row['context.carried_times'])).toContain(1)
})
