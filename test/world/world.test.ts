import { describe, expect, test } from 'vitest'
import { openEnvelope, readEnvelope } from '../../schemas/envelope.ts'
import { DAY_MS, HOUR_MS } from '../../schemas/ids.ts'
import { ContractError } from '../../schemas/index.ts'
import { AUDIENCE } from '../../world/posts/composing.ts'
import { SUBJECT_COUNT } from '../../world/society/people.ts'
import type { World } from '../../world/world.ts'
import { lived, makeWorld, parsed, type PublishedEvent, START } from './recorder.ts'

const DAYS = 6
const { world, recorder } = await lived({ users: 150, spammerShare: 0.03 }, { days: DAYS })
const events = parsed(recorder.lines)

const of = (topic: string): readonly PublishedEvent['value'][] =>
  events.filter((event) => event.topic === topic).map(({ value }) => value)
const published = of('posts').filter(({ action }) => action === 'published')
const reactions = of('reactions')
const distinct = (values: readonly PublishedEvent['value'][], field: string): ReadonlySet<unknown> =>
  new Set(values.map((value) => value[field]))

/** What the door for events says against a line. */
const refusalOf = (line: string): unknown => {
  try {
    readEnvelope(Buffer.from(line))
    return undefined
  } catch (error) {
    return error
  }
}

describe('a world', () => {
  test('is a function of its seed', async () => {
    const again = await lived({ users: 150, spammerShare: 0.03 }, { days: DAYS })
    expect(again.recorder.lines).toEqual(recorder.lines)
    const other = await lived({ users: 150, spammerShare: 0.03, seed: 2 }, { days: 1 })
    expect(other.recorder.lines.slice(0, 1_000)).not.toEqual(recorder.lines.slice(0, 1_000))
  })

  test('writes the same posts whatever people are shown', async () => {
    const posts = (lines: readonly string[]): readonly PublishedEvent[] =>
      parsed(lines).filter(({ topic, value }) => topic === 'posts' && value['action'] === 'published')
    // Ties that come of what was shown may give a post another audience or mention; the rest stands.
    const facts = (lines: readonly string[]): readonly unknown[] =>
      posts(lines).map(({ value: { authorId, at, kind } }) => ({ authorId, at, kind }))
    const starved = await lived({ users: 150, spammerShare: 0.03 }, { days: DAYS, ranker: () => [] })
    const shown = await lived({ users: 150, spammerShare: 0.03 }, { days: DAYS, driver: { limit: 3 } })
    expect(facts(starved.recorder.lines)).toEqual(facts(recorder.lines))
    expect(facts(shown.recorder.lines)).toEqual(facts(recorder.lines))
  })

  test('keeps every contract, as it is written', () => {
    expect(recorder.lines.filter((line) => refusalOf(line) !== undefined)).toEqual([])
    expect(refusalOf('{"topic":"posts","value":{}}')).toBeInstanceOf(ContractError)
    // Nothing is normalised on the way in: what was written is what is meant.
    for (const event of events.filter((_, index) => index % 50 === 0)) {
      const { contract, value } = openEnvelope(event)
      expect(contract.toJson(value)).toMatchObject(event.value)
    }
  })

  test('happens in the order of time, each event under its own id, and names users that can be read', () => {
    const times = events.map(({ value }) => value.at)
    expect(times).toEqual(times.toSorted((one, other) => one - other))
    expect(times.at(-1)).toBeLessThan(START + DAYS * DAY_MS)
    expect(
      distinct(
        events.map(({ value }) => value),
        'eventId',
      ).size,
    ).toBe(events.length)
    expect(world.people.ids[0]).toBe('ada')
    expect(new Set(makeWorld({ users: 1_000 }).people.ids).size).toBe(1_000)
    for (const id of makeWorld({ users: 1_000 }).people.ids) expect(id).toMatch(/^[a-z]+(-\d+)?$/)
  })

  test('has the variety it promises', () => {
    expect(distinct(of('profiles'), 'userId').size).toBe(150)
    expect(distinct(of('profiles'), 'country').size).toBeGreaterThan(5)
    expect(distinct(published, 'audience')).toEqual(new Set(['public', 'friends', 'group', 'page']))
    expect(distinct(published, 'kind')).toEqual(new Set(['text', 'photo', 'video', 'link']))
    expect(distinct(published, 'language').size).toBe(5)
    expect(distinct(of('posts'), 'action')).toEqual(new Set(['published', 'edited', 'deleted']))
    expect(distinct(of('connections'), 'kind')).toEqual(
      new Set(['friend', 'follow', 'group', 'page', 'block', 'mute']),
    )
    expect(distinct(of('connections'), 'action')).toEqual(new Set(['added', 'removed']))
    expect(distinct(of('connections'), 'closeness')).toEqual(new Set(['none', 'close', 'family', undefined]))
    expect(distinct(of('integrity'), 'verdict')).toEqual(new Set(['allow', 'downrank', 'remove']))
    expect(distinct(of('surveys'), 'satisfaction').size).toBeGreaterThan(2)
    expect(distinct(reactions, 'kind').size).toBeGreaterThan(11)
    expect(reactions.some(({ undo }) => undo === true)).toBe(true)
    expect(published.some(({ mentions }) => mentions !== undefined)).toBe(true)
  })

  test('posts by day more than by night, and a few people write most', () => {
    const british = new Set(
      of('profiles')
        .filter(({ country }) => country === 'GB')
        .map(({ userId }) => userId),
    )
    const hours = published
      .filter(({ authorId }) => british.has(authorId))
      .map(({ at }) => Math.floor(at / HOUR_MS) % 24)
    const between = (from: number, to: number): number =>
      hours.filter((hour) => hour >= from && hour < to).length
    expect(between(18, 22)).toBeGreaterThan(2 * between(2, 6))
    const counts = [...Map.groupBy(published, ({ authorId }) => authorId).values()].map(
      ({ length }) => length,
    )
    const busiest = counts.toSorted((one, other) => other - one).slice(0, 30)
    expect(busiest.reduce((one, other) => one + other)).toBeGreaterThan(published.length / 2)
  })

  test('has hashtags that come and go', () => {
    const days = new Map<string, Set<number>>()
    for (const post of published) {
      for (const hashtag of post['hashtags'] as readonly string[]) {
        const known = days.get(hashtag) ?? new Set()
        days.set(hashtag, known.add(Math.floor((post.at - START) / DAY_MS)))
      }
    }
    const trends = world.trends.all.filter(({ hashtag }) => days.has(hashtag))
    expect(trends.length).toBeGreaterThan(5)
    for (const { hashtag, bornAt, endsAt } of trends) {
      for (const day of days.get(hashtag)!) {
        expect(START + (day + 1) * DAY_MS).toBeGreaterThan(bornAt)
        expect(START + day * DAY_MS).toBeLessThan(endsAt)
      }
    }
  })

  test('judges posts some time after they are published, and spam more harshly', () => {
    const publishedAt = new Map(published.map(({ postId, at }) => [postId, at]))
    for (const { postId, at } of of('integrity')) expect(at).toBeGreaterThan(publishedAt.get(postId)!)
    const spam = (verdict: string): readonly number[] =>
      of('integrity')
        .filter((each) => each['verdict'] === verdict)
        .map(({ scores }) => (scores as { readonly spam: number }).spam)
    expect(Math.max(...spam('allow'))).toBe(0)
    expect(Math.min(...spam('remove'))).toBeGreaterThan(0)
  })
})

describe('people', () => {
  test('react only to posts that are there and theirs to see, under their author’s name', () => {
    const posts = new Map(published.map((post) => [post['postId'], post]))
    const isFair = ({ postId, authorId, userId, at }: PublishedEvent['value']): boolean => {
      const post = posts.get(postId)
      return post?.['authorId'] === authorId && userId !== authorId && at > post!.at
    }
    expect(reactions.length).toBeGreaterThan(10_000)
    expect(reactions.filter((reaction) => !isFair(reaction))).toEqual([])
  })

  test('watch videos and dwell on all else, if they do not skip: one of the three for each look', () => {
    const videos = new Set(published.filter(({ kind }) => kind === 'video').map(({ postId }) => postId))
    const looks = { view: 0, dwell: 0, watch: 0, skip: 0 }
    for (const { kind, postId, value } of reactions) {
      if (kind === 'dwell' || kind === 'watch') {
        expect(videos.has(postId)).toBe(kind === 'watch')
        expect(value).toBeGreaterThan(0)
      }
      if (Object.hasOwn(looks, String(kind))) looks[kind as keyof typeof looks]++
    }
    expect(looks.watch).toBeGreaterThan(100)
    // Of the last looks only the beginning is written.
    expect(Math.abs(looks.view - looks.dwell - looks.watch - looks.skip)).toBeLessThan(20)
  })

  test('take back only what they did', () => {
    const liked = new Set<string>()
    for (const { userId, postId, kind, undo } of reactions) {
      if (kind !== 'like') continue
      const key = `${String(userId)} ${String(postId)}`
      if (undo === true) expect(liked.has(key)).toBe(true)
      liked.add(key)
    }
  })

  test('who only look hardly react, and their looks still tell what they like', () => {
    const passive = new Set(world.people.ids.filter((_, user) => world.people.isPassive[user] === 1))
    const count = (kind: string, isPassive: boolean): number =>
      reactions.filter((each) => each['kind'] === kind && passive.has(String(each['userId'])) === isPassive)
        .length
    const rate = (kind: string, isPassive: boolean): number =>
      count(kind, isPassive) / count('view', isPassive)
    expect(count('view', true)).toBeGreaterThan(3_000)
    for (const kind of ['like', 'comment', 'share'])
      expect(rate(kind, true)).toBeLessThan(0.1 * rate(kind, false))
    expect(rate('skip', true)).toBeGreaterThan(0.8 * rate('skip', false))
    expect(rate('dwell', true)).toBeGreaterThan(0.8 * rate('dwell', false))
    expect(rate('watch', true)).toBeGreaterThan(0.8 * rate('watch', false))
    const writers = new Set(published.map(({ authorId }) => String(authorId)))
    const writing = (users: readonly string[]): number =>
      users.filter((user) => writers.has(user)).length / users.length
    const active = world.people.ids.filter((user) => !passive.has(user))
    expect(writing([...passive])).toBeLessThan(writing(active) / 2)
  })

  test('come back when somebody comments after them', () => {
    const returns = (isTalkative: boolean): number => {
      const quiet = makeWorld({ users: 40, feedsPerUserDay: 0 })
      quiet.opening()
      quiet.advance(START + DAY_MS)
      const post = quiet.posts.audience.indexOf(AUDIENCE.public)
      const author = quiet.posts.author[post]!
      for (const [viewer, userId] of quiet.people.ids.entries()) {
        quiet.people.isPassive[viewer] = 0
        quiet.people.talkative[viewer] = isTalkative ? 5 : -50
        const isForThem = quiet.as(viewer, () => quiet.maySee(post))
        if (isForThem) quiet.look({ viewer, userId, visit: 0 }, [post], null)
      }
      quiet.advance(START + 2 * DAY_MS)
      return quiet.visitors().filter(({ viewer }) => viewer === author).length
    }
    expect([returns(false), returns(true)]).toEqual([0, 1])
  })
})

test('the user whom examples ask about has much to see and does much with it', () => {
  const [ada] = world.people.ids
  const count = (topic: string): number => of(topic).filter(({ userId }) => userId === ada).length
  const meanOf = (topic: string): number => of(topic).length / world.people.count
  expect(count('connections')).toBeGreaterThan(1.5 * meanOf('connections'))
  expect(count('reactions')).toBeGreaterThan(1.5 * meanOf('reactions'))
  const likes = reactions.filter(({ userId, kind }) => userId === ada && kind === 'like')
  expect(likes.length).toBeGreaterThan(5)
})

describe('tastes', () => {
  const favourites = (of: World): readonly number[] =>
    Array.from({ length: of.people.count }, (_, user) => {
      const tastes = [...of.people.tastes.subarray(user * SUBJECT_COUNT, (user + 1) * SUBJECT_COUNT)]
      return tastes.indexOf(Math.max(...tastes))
    })

  const changed = (driftPerDay: number, days: number): number => {
    const drifting = makeWorld({ users: 200, driftPerDay, postsPerUserDay: 0.1, feedsPerUserDay: 0 })
    drifting.opening()
    const before = favourites(drifting)
    drifting.advance(START + days * DAY_MS + 1)
    return favourites(drifting).filter((favourite, user) => favourite !== before[user]).length
  }

  test('drift: the more the world is told to, and the longer it lasts', () => {
    expect(changed(0.3, 3)).toBeGreaterThan(2 * changed(0.02, 3))
    expect(changed(0.1, 10)).toBeGreaterThan(1.5 * changed(0.1, 2))
  })

  test('show in what people write', () => {
    const likedAt = (user: number, post: number): number =>
      world.people.taste(user, world.posts.subject[post]!)
    let own = 0
    let others = 0
    for (let post = 0; post < world.posts.count; post++) {
      own += likedAt(world.posts.author[post]!, post)
      others += likedAt((world.posts.author[post]! + 1) % world.people.count, post)
    }
    expect(own / world.posts.count).toBeGreaterThan(others / world.posts.count + 0.8)
  })
})

test.each([
  ['users', 5],
  ['users', 20.5],
  ['passiveShare', 1.5],
  ['driftPerDay', Number.NaN],
  ['postsPerUserDay', -1],
] as const)('a world of %s %d is refused by name', (field, value) => {
  expect(() => makeWorld({ [field]: value })).toThrow(new RegExp(`^${field}: `))
})
