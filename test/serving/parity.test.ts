import { expect, test } from 'vitest'
import { Random } from '../../engine/driver/random.ts'
import { idsOf } from '../../engine/key.ts'
import { rankingRow, RANKING_VIEWS } from '../../models/ranking-row.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../schemas/ids.ts'
import { type Impression, impressions as impressionContract } from '../../schemas/impressions/index.ts'
import { unpackFeatures } from '../../schemas/impressions/packed-features.ts'
import { readSlate } from '../../processors/label-join/slate-row.ts'
import { impressionOf } from '../../serving/effects/impression.ts'
import { encode } from '../schemas/support.ts'
import { event, post, type PublishedEvent, reaction, tie } from '../cli/community.ts'
import { Running } from '../cli/running.ts'

const USERS = ['ada', 'bea', 'cem', 'dan', 'eve']
const CHUNKS = 4
const EVENTS_PER_CHUNK = 60
const ONE_STORE = 'label-slates'

/** Hours of a small world, event by event, and in between the times when its people look at their feeds. */
const world = (now: number): readonly { readonly events: PublishedEvent[]; readonly asOf: number }[] => {
  const random = new Random(11)
  let at = now - CHUNKS * DAY_MS
  let posts = 0
  const tagOf = (): string => `tag${random.below(4)}`
  const one = (): PublishedEvent => {
    at += random.below(30) * MINUTE_MS
    const userId = random.pick(USERS)
    const chance = random.below(10)
    if (chance < 3 || posts < 3) {
      const container = random.chance(0.3) ? { audience: 'group', containerId: 'climbers' } : {}
      const fields = {
        kind: random.pick(['text', 'video', 'photo']),
        hashtags: [tagOf(), tagOf()],
        language: 'en',
      }
      return post(`p${posts++}`, userId, { ...fields, ...container, at })
    }
    if (chance === 3) {
      const others = [...USERS, 'climbers'].filter((each) => each !== userId)
      return tie(userId, random.pick(others), random.pick(['friend', 'follow', 'group']), { at })
    }
    if (chance === 4)
      return event('profiles', { userId, country: random.pick(['DE', 'FR']), language: 'en', at })
    const index = random.below(posts)
    const kind = random.pick(['view', 'like', 'comment', 'click', 'dwell', 'skip', 'hide'])
    const value = kind === 'dwell' ? { value: random.below(20_000) } : {}
    return reaction(userId, `p${index}`, random.pick(USERS), kind, { at, ...value })
  }
  return Array.from({ length: CHUNKS }, () => ({
    events: Array.from({ length: EVENTS_PER_CHUNK }, one),
    asOf: at + HOUR_MS,
  }))
}

/** The impressions that wait for their labels, as the log brought them. */
const loggedIn = async (running: Running): Promise<Impression[]> => {
  await expect.poll(() => running.serving.impressions.counts.waiting).toBe(0)
  await running.embedded.settled()
  const logged: Impression[] = []
  for (const store of (await running.embedded.worker.stores(ONE_STORE))!) {
    for (const { key, value } of await store.scan({ limit: 1_000 })) {
      expect(idsOf(key)).toHaveLength(2)
      logged.push(readSlate(value)!)
    }
  }
  return logged
}

/** Lives through the world: every feed is asked for in two pages. Answers what was logged, as its readers get it. */
const live = async (partitions: number, now: number): Promise<Map<string, Impression>> => {
  const running = await Running.start({ partitions })
  const logged = new Map<string, Impression>()
  const { impressions } = running.serving
  const add = impressions.add.bind(impressions)
  impressions.add = (page) => {
    const bytes = encode(impressionContract, impressionOf(page))
    const impression = impressionContract.decode(bytes, 0, bytes.length)
    logged.set(`${impression.userId} ${impression.at} ${page.position}`, impression)
    add(page)
  }
  for (const { events, asOf } of world(now)) {
    await running.take(events)
    for (const userId of USERS) {
      const query = { userId, asOf, limit: 4, device: 'phone' }
      const { cursor } = await running.feed(query)
      if (cursor !== null) await running.feed({ ...query, cursor })
    }
    await expect.poll(() => impressions.counts.waiting).toBe(0)
    await running.embedded.settled()
  }
  return logged
}

test('features that were logged are those that replaying the log to the same moment gives, bit for bit', async () => {
  const now = Date.now() - HOUR_MS
  const logged = await live(1, now)
  const replayed = await live(3, now)
  expect([...replayed.keys()].sort()).toEqual([...logged.keys()].sort())
  expect(logged.size).toBeGreaterThan(CHUNKS * USERS.length)
  for (const [name, impression] of logged) {
    const again = replayed.get(name)!
    for (const [place, candidate] of impression.candidates.entries()) {
      const other = again.candidates[place]!
      expect(other.postId, name).toBe(candidate.postId)
      expect(other.features.equals(candidate.features), `${name} ${candidate.postId}`).toBe(true)
      expect({ ...other, features: null }).toEqual({ ...candidate, features: null })
    }
  }
})

test('a row that was logged holds, column by column, what each view tells of its keys', async () => {
  const now = Date.now() - HOUR_MS
  const running = await Running.start()
  const [chunk] = world(now)
  await running.take(chunk!.events)
  const { asOf } = chunk!
  const userId = 'ada'
  await running.feed({ userId, asOf, limit: 20 })
  const [impression] = await loggedIn(running)
  expect(impression!.candidates.length).toBeGreaterThan(3)
  const { inspection } = running
  for (const { postId, authorId, features } of impression!.candidates) {
    const row = unpackFeatures(features)
    expect(row.length).toBe(rankingRow.width)
    const published = chunk!.events.find(
      ({ topic, value }) => topic === 'posts' && value['postId'] === postId,
    )!.value
    const profile = chunk!.events.findLast(
      ({ topic, value }) => topic === 'profiles' && value['userId'] === userId,
    )
    const keys: Record<string, string[] | null> = {
      'user-author': [userId, authorId],
      post: [postId],
      author: [authorId],
      user: [userId],
      'user-kind': [userId, String(published['kind'])],
      'user-container': 'containerId' in published ? [userId, 'climbers'] : null,
      'post-country': profile === undefined ? null : [postId, String(profile.value['country'])],
      'author-by-day': [authorId, String(Math.floor(asOf / DAY_MS))],
    }
    for (const view of RANKING_VIEWS) {
      const key = keys[view.name]
      if (key === undefined) continue
      const { columns } = await inspection.feature(view.name, key ?? ['nobody', 'nothing'], asOf)
      for (const [name, value] of Object.entries(columns)) {
        expect(row[rankingRow.indexOf(name)], `${postId} ${name}`).toBe(Math.fround(value))
      }
    }
    await expectBestHashtag(running, userId, published['hashtags'] as string[], asOf, row)
  }
})

/** Of a post's hashtags the one that the viewer engages with most speaks for it, and the one that trends most. */
const expectBestHashtag = async (
  { inspection }: Running,
  userId: string,
  hashtags: readonly string[],
  asOf: number,
  row: Float32Array,
): Promise<void> => {
  const rules = [
    {
      view: 'user-hashtag',
      best: 'user_hashtag.engagements.decayed_30d',
      keyOf: (tag: string) => [userId, tag],
    },
    { view: 'hashtag', best: 'hashtag.engagements.decayed_24h', keyOf: (tag: string) => [tag] },
  ]
  for (const { view, best, keyOf } of rules) {
    const all = await Promise.all(
      hashtags.map(async (tag) => (await inspection.feature(view, keyOf(tag), asOf)).columns),
    )
    const chosen = all.reduce((one, other) => (other[best]! > one[best]! ? other : one))
    for (const [name, value] of Object.entries(chosen)) {
      expect(row[rankingRow.indexOf(name)], name).toBe(Math.fround(value))
    }
  }
}
