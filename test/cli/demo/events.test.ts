import { describe, expect, test } from 'vitest'
import { demoEvents, NOTABLE_ID, SPAN_MS } from '../../../cli/demo/events.ts'
import type { DemoEvent } from '../../../cli/demo/events.ts'
import { AUTHORS_COUNT, PEOPLE_COUNT } from '../../../cli/demo/people.ts'
import { POSTS_COUNT } from '../../../cli/demo/posts.ts'
import { openEnvelope } from '../../../schemas/envelope.ts'
import { HOUR_MS } from '../../../schemas/ids.ts'

const now = Date.UTC(2026, 4, 17, 15, 30)
const events = [...demoEvents({ seed: 7, now })]

const of = (topic: string): readonly DemoEvent['value'][] =>
  events.filter((event) => event.topic === topic).map(({ value }) => value)

const distinct = (values: readonly DemoEvent['value'][], field: string): ReadonlySet<unknown> =>
  new Set(values.map((value) => value[field]))

const published = of('posts').filter(({ action }) => action === 'published')

describe('the demo community', () => {
  test('is the same for the same seed and time, and another for another', () => {
    expect([...demoEvents({ seed: 7, now })]).toEqual(events)
    expect([...demoEvents({ seed: 8, now })]).not.toEqual(events)
  })

  test('keeps every contract as it is written', () => {
    for (const event of events) {
      const written: unknown = JSON.parse(JSON.stringify(event))
      expect(() => openEnvelope(written)).not.toThrow()
      expect(written).toEqual(event)
    }
  })

  test('happens in time order, up to now, each event under its own id', () => {
    const times = events.map(({ value }) => value.at)
    expect(times).toEqual([...times].sort((one, other) => one - other))
    expect(times.at(-1)).toBeLessThanOrEqual(now)
    expect(new Set(events.map(({ value }) => value.eventId)).size).toBe(events.length)
  })

  test('has the size and the variety it promises', () => {
    expect(events.length).toBeGreaterThan(17_000)
    expect(events.length).toBeLessThan(24_000)
    expect(distinct(of('profiles'), 'userId').size).toBe(PEOPLE_COUNT)
    expect(distinct(of('profiles'), 'country').size).toBeGreaterThan(4)
    expect(published).toHaveLength(POSTS_COUNT)
    expect(distinct(published, 'authorId').size).toBe(AUTHORS_COUNT)
    expect(distinct(published, 'audience')).toEqual(new Set(['public', 'friends', 'group', 'page']))
    expect(distinct(of('posts'), 'action')).toEqual(new Set(['published', 'edited', 'deleted']))
    expect(distinct(of('connections'), 'kind')).toEqual(
      new Set(['friend', 'follow', 'group', 'page', 'block', 'mute']),
    )
    expect(distinct(of('connections'), 'action')).toEqual(new Set(['added', 'removed']))
    expect(distinct(of('connections'), 'closeness')).toContain('family')
    expect(distinct(of('integrity'), 'verdict')).toEqual(new Set(['allow', 'downrank', 'remove']))
    expect(distinct(of('reactions'), 'kind').size).toBeGreaterThan(11)
    expect(of('reactions').filter(({ undo }) => undo === true).length).toBeGreaterThan(10)
  })

  test.each([1, 2, 3, 4, 5])('holds its size with seed %i', (seed) => {
    const count = [...demoEvents({ seed, now })].length
    expect(count).toBeGreaterThan(17_000)
    expect(count).toBeLessThan(24_000)
  })
})

describe('what people do', () => {
  const posts = new Map(published.map((post) => [post['postId'], post]))
  const deletedAt = new Map(
    of('posts')
      .filter(({ action }) => action === 'deleted')
      .map(({ postId, at }) => [postId, at]),
  )

  test('is done to posts that are there, under their author’s name', () => {
    for (const { postId, authorId, at } of of('reactions')) {
      const post = posts.get(postId)
      expect(post?.['authorId']).toBe(authorId)
      expect(at).toBeGreaterThanOrEqual(post!.at)
      expect(at).toBeLessThanOrEqual(deletedAt.get(postId) ?? now)
    }
  })

  test('takes back only what was done', () => {
    const liked = new Set<string>()
    for (const { userId, postId, kind, undo } of of('reactions')) {
      if (kind !== 'like') continue
      const key = `${String(userId)} ${String(postId)}`
      expect(liked.has(key)).toBe(undo === true)
      liked.add(key)
    }
  })

  test('shows who is close: friends like what they see more often than strangers', () => {
    const friends = new Set<string>()
    for (const { userId, targetId, kind, action } of of('connections')) {
      const key = `${String(userId)} ${String(targetId)}`
      if (kind === 'friend' && action === 'added') friends.add(key)
      if (kind === 'friend' && action === 'removed') friends.delete(key)
    }
    const tally = { friend: { view: 0, like: 0 }, other: { view: 0, like: 0 } }
    for (const { userId, authorId, kind, undo } of of('reactions')) {
      if ((kind !== 'view' && kind !== 'like') || undo === true) continue
      tally[friends.has(`${String(userId)} ${String(authorId)}`) ? 'friend' : 'other'][kind]++
    }
    expect(tally.friend.like / tally.friend.view).toBeGreaterThan((1.2 * tally.other.like) / tally.other.view)
  })

  test('leaves the notable reader many ties, and hours of posts that she has not seen', () => {
    const hers = of('connections').filter(({ userId, action }) => userId === NOTABLE_ID && action === 'added')
    const count = (kind: string): number => hers.filter((tie) => tie['kind'] === kind).length
    expect(count('friend')).toBeGreaterThanOrEqual(6)
    expect(count('follow')).toBeGreaterThanOrEqual(10)
    expect(count('group')).toBeGreaterThanOrEqual(2)
    expect(count('block')).toBe(1)
    const reactions = of('reactions').filter(({ userId }) => userId === NOTABLE_ID)
    expect(reactions.length).toBeGreaterThan(200)
    const authors = new Set(hers.map(({ targetId }) => targetId))
    const fresh = published.filter(({ authorId, at }) => authors.has(authorId) && at > now - 4 * HOUR_MS)
    expect(fresh.length).toBeGreaterThan(5)
    expect(reactions.at(-1)!.at).toBeLessThan(now - 4 * HOUR_MS)
  })

  test('fits in the span, after the ties were made', () => {
    for (const { at } of [...published, ...of('reactions')]) expect(at).toBeGreaterThanOrEqual(now - SPAN_MS)
  })
})
