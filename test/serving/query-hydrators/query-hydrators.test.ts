import { expect, test } from 'vitest'
import { impressions, profiles } from '../../../processors/topics.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import { aProfile, later, postId, userId } from '../../processors/events.ts'
import { anImpression } from '../../processors/personal-events.ts'
import { aQuery } from '../feeds.ts'
import { People } from '../people.ts'

test('a viewer never heard of is known by nothing', async () => {
  const viewer = await new People().viewer(aQuery())
  expect(viewer).toMatchObject({ userId: 'user-1', profile: null, lastLogin: null, followers: 0 })
  for (const ties of [viewer.friends, viewer.follows, viewer.groups, viewer.pages, viewer.touched]) {
    expect(ties.size).toBe(0)
  }
  expect(viewer.seen.has('post-1')).toBe(false)
  expect(viewer.isKeptApart(userId('ann'))).toBe(false)
  expect(viewer.isHidden(postId('post-1'))).toBe(false)
  expect(viewer.fatigueOf(userId('ann'), later(0))).toBe(1)
})

test('a viewer is read as stores know them', async () => {
  const people = new People()
    .publish(profiles, aProfile({ country: 'JP', language: 'ja' }))
    .tie({ targetId: 'ann', kind: 'friend', closeness: 'family' })
    .tie({ targetId: 'bob', kind: 'follow' })
    .tie({ targetId: 'climbers', kind: 'group' })
    .tie({ targetId: 'peaks', kind: 'page' })
    .tie({ userId: 'eve', targetId: 'user-1', kind: 'block' })
    .tie({ userId: 'fan', targetId: 'user-1', kind: 'follow' })
    .react('liked', { authorId: 'ann', at: later(-2 * HOUR_MS) })
    .react('hidden', { kind: 'hide', at: later(-HOUR_MS) })
    .react('too-much', { authorId: 'bob', kind: 'see_less', at: later(-77 * DAY_MS) })
    .publish(impressions, anImpression({ at: later(-HOUR_MS), posts: [], carried: ['next', 'after'] }))
    .react('of-cyd', { authorId: 'cyd', kind: 'see_less', at: later(-MINUTE_MS) })
  const viewer = await people.viewer(aQuery())
  expect(viewer.profile).toMatchObject({ country: 'JP', language: 'ja' })
  expect(viewer.friends.get(userId('ann'))).toMatchObject({ closeness: 'family' })
  expect([viewer.follows, viewer.groups, viewer.pages].map((ties) => [...ties.keys()])).toEqual([
    ['bob'],
    ['climbers'],
    ['peaks'],
  ])
  expect(viewer.followers).toBe(1)
  expect(viewer.lastLogin).not.toBeNull()
  expect([...viewer.touched.keys()]).toEqual(['ann'])
  expect(['ann', 'eve'].map((id) => viewer.isKeptApart(userId(id)))).toEqual([false, true])
  expect(['liked', 'hidden', 'other'].map((id) => viewer.seen.has(id))).toEqual([true, true, false])
  expect(['liked', 'hidden'].map((id) => viewer.isHidden(postId(id)))).toEqual([false, true])
  expect([...viewer.carried].map(([id, { times }]) => [id, times])).toEqual([
    ['next', 1],
    ['after', 1],
  ])
  const left = ['ann', 'bob', 'cyd'].map((id) => viewer.fatigueOf(userId(id), later(0)))
  expect(left).toEqual([1, expect.closeTo(0.6), 0])
})
