import { afterEach, describe, expect, it } from 'vitest'
import { priorTowers, TOWERS_SIZE } from '../../../models/retrieval/towers.ts'
import { profiles } from '../../../processors/topics.ts'
import { DAY_MS, HOUR_MS, type Millis, MINUTE_MS } from '../../../schemas/ids.ts'
import { SearchedPosts } from '../../../serving/retrieval/searched-posts.ts'
import { aProfile, later, userId } from '../../processors/events.ts'
import { aQuery } from '../feeds.ts'
import { People } from '../people.ts'
import { LocalSearcher } from './local-searcher.ts'

const TRAVEL = 'The night train to Lisbon and a slow breakfast in Porto'
const BREAD = 'Sourdough bread and dumplings from my grandmother'
const OTHER = { version: 'other', parameters: priorTowers().map((value) => -value) }
/** Which no searcher takes. */
const SHORT = { version: 'short', parameters: new Float32Array(TOWERS_SIZE - 1) }
const opened: SearchedPosts[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

interface Opened {
  readonly retrieval: SearchedPosts
  readonly searchers: LocalSearcher[]
  readonly failures: unknown[]
}

const open = (people: People, newestEventAt: () => Millis = () => later(0)): Opened => {
  const [searchers, failures]: [LocalSearcher[], unknown[]] = [[], []]
  const retrieval = new SearchedPosts(
    {
      rows: people.state.rows,
      newestEventAt,
      breathe: async () => undefined,
      sleep: async () => {
        if (failures.length > 0) throw new Error('seen enough')
      },
      failed: (error) => failures.push(error),
      start: () => {
        searchers.push(new LocalSearcher())
        return searchers.at(-1)!
      },
    },
    { version: 'prior', parameters: priorTowers() },
  )
  opened.push(retrieval)
  return { retrieval, searchers, failures }
}

const found = async (people: People, { retrieval }: Opened, postsMax = 10, asOf = 0): Promise<string[]> => {
  const query = aQuery({ asOf: later(asOf) })
  const { posts } = await retrieval.nearest(query, await people.viewer(query), postsMax)
  return posts.map(({ postId }) => postId)
}

const versionFor = async (people: People, { retrieval }: Opened, name = 'user-1'): Promise<string | null> => {
  const query = aQuery({ userId: userId(name) })
  return (await retrieval.nearest(query, await people.viewer(query), 10)).modelVersion
}

/** After every hour had its turn. */
const afterAll = async ({ retrieval }: Opened): Promise<void> => {
  for (let turn = 0; turn < 40; turn++) await retrieval.refresh()
}

/** Somebody who likes to read about travel, among posts about it and about bread. */
const reader = (): People =>
  new People()
    .post('liked', { text: TRAVEL, authorId: 'bo' })
    .react('liked', { authorId: 'bo', kind: 'share' })
    .post('travel', { text: 'A night train to Porto', authorId: 'cy', at: later(-HOUR_MS) })
    .post('bread', { text: BREAD, authorId: 'cy' })

describe('retrieval', () => {
  it('finds what is about what the viewer reacted to, nearest first, and is ready once it has any', async () => {
    const people = reader()
    const searched = open(people)
    expect(searched.retrieval.isReady).toBe(false)
    await searched.retrieval.refresh()
    expect(searched.retrieval.isReady).toBe(true)
    expect(await found(people, searched)).toEqual(['travel', 'bread'])
    expect(await found(people, searched, 1)).toEqual(['travel'])
  })

  it('puts the fresher of two that are equally near first, and much nearer ones before fresh ones', async () => {
    const people = reader()
      .post('older', { text: 'A night train to Porto', authorId: 'cy', at: later(-5 * DAY_MS) })
      .post('fresh-bread', { text: BREAD, authorId: 'cy', at: later(-MINUTE_MS) })
    const searched = open(people)
    await searched.retrieval.refresh()
    const ids = await found(people, searched)
    expect(ids.indexOf('travel')).toBeLessThan(ids.indexOf('older'))
    expect(ids.indexOf('travel')).toBeLessThan(ids.indexOf('fresh-bread'))
    expect(ids.indexOf('fresh-bread')).toBeLessThan(ids.indexOf('bread'))
  })

  it('searches by stated interests where no reaction is known, and else gives the newest', async () => {
    const people = new People()
      .post('bread', { text: BREAD, at: later(-HOUR_MS) })
      .post('travel', { text: TRAVEL })
    const searched = open(people)
    await searched.retrieval.refresh()
    expect(await found(people, searched)).toEqual(['bread', 'travel'])
    people.publish(profiles, aProfile({ interests: ['lisbon', 'night train'] }))
    expect(await found(people, searched)).toEqual(['travel', 'bread'])
  })

  it('says whether others are there to be found, of a viewer with a taste or without', async () => {
    const people = reader()
    const searched = open(people)
    await searched.retrieval.refresh()
    const isAll = async (viewerId: string, postsMax: number): Promise<boolean> => {
      const query = aQuery({ userId: viewerId })
      return (await searched.retrieval.nearest(query, await people.viewer(query), postsMax)).isAll
    }
    for (const viewerId of ['user-1', 'nobody']) {
      expect([await isAll(viewerId, 1), await isAll(viewerId, 10)]).toEqual([false, true])
    }
  })

  it('leaves out what is not for everybody, the viewer has seen, wrote, or is of the future', async () => {
    const people = reader()
      .post('for-friends', { text: TRAVEL, authorId: 'cy', audience: 'friends' })
      .post('own', { text: TRAVEL, authorId: 'user-1' })
      .post('later', { text: TRAVEL, authorId: 'cy', at: later(-MINUTE_MS) })
      .post('silent', { authorId: 'cy' })
    const searched = open(people)
    await searched.retrieval.refresh()
    expect(await found(people, searched, 10, -2 * MINUTE_MS)).toEqual(['travel', 'bread'])
  })

  it('follows posts as they are published, edited, deleted, narrowed and grow old', async () => {
    const people = reader()
    let now = 0
    const searched = open(people, () => later(now))
    await searched.retrieval.refresh()
    people.post('new', { text: TRAVEL, authorId: 'cy', at: later(0) })
    people.post('travel', { action: 'edited', text: BREAD, authorId: 'cy', at: later(1) })
    people.post('bread', { action: 'deleted', authorId: 'cy', at: later(2) })
    await afterAll(searched)
    expect(await found(people, searched)).toEqual(['new', 'travel'])
    people.post('new', { action: 'edited', text: TRAVEL, audience: 'friends', authorId: 'cy', at: later(3) })
    await searched.retrieval.refresh()
    expect(await found(people, searched)).toEqual(['travel'])
    now = 40 * DAY_MS
    await searched.retrieval.refresh()
    expect(searched.retrieval.size).toBe(0)
    people.post('afresh', { text: TRAVEL, authorId: 'cy', at: later(now) })
    await searched.retrieval.refresh()
    expect(await found(people, searched, 10, now)).toEqual(['afresh'])
  })

  it('holds every post once it settles, those of hours whose turn has not come too', async () => {
    const people = reader()
    const searched = open(people)
    await searched.retrieval.refresh()
    people.post('late', { text: TRAVEL, authorId: 'cy', at: later(-9 * DAY_MS) })
    await searched.retrieval.settle()
    expect(await found(people, searched)).toContain('late')
  })

  it('reads nothing anew that has not changed, but for young posts, which may have been edited', async () => {
    const people = new People().post('old', { text: TRAVEL, at: later(-3 * DAY_MS) })
    const searched = open(people)
    await searched.retrieval.refresh()
    await afterAll(searched)
    expect(searched.searchers[0]!.puts).toBe(1)
  })

  it('starts again where the searching thread has died, with everything', async () => {
    const people = reader()
    const searched = open(people)
    await searched.retrieval.refresh()
    searched.searchers[0]!.hasCrashed = true
    await expect(searched.retrieval.follow()).rejects.toThrow('seen enough')
    expect(searched.failures).toHaveLength(1)
    expect(searched.searchers).toHaveLength(2)
    await searched.retrieval.refresh()
    expect(await found(people, searched)).toEqual(['travel', 'bread'])
  })

  it('searches by new towers once they are swapped in, and says by which', async () => {
    const people = reader()
    const searched = open(people)
    await searched.retrieval.refresh()
    await searched.retrieval.swap(OTHER)
    expect((await found(people, searched)).length).toBe(2)
    const versions = [await versionFor(people, searched), await versionFor(people, searched, 'nobody')]
    expect(versions).toEqual(['other', null])
  })

  it('says by which towers it searched where others were refused, or are not taken yet', async () => {
    const people = reader()
    const searched = open(people)
    const { retrieval, searchers } = searched
    await retrieval.refresh()
    await expect(retrieval.swap(SHORT)).rejects.toThrow(RangeError)
    expect([retrieval.towers.version, await versionFor(people, searched)]).toEqual(['prior', 'prior'])

    const query = aQuery()
    const viewer = await people.viewer(query)
    const before = retrieval.nearest(query, viewer, 10)
    const { promise, resolve: take } = Promise.withResolvers<void>()
    searchers[0]!.held = promise
    const swapping = Promise.allSettled([retrieval.swap(OTHER), retrieval.swap(SHORT)])
    expect(retrieval.towers.version).toBe('prior')
    const after = retrieval.nearest(query, viewer, 10)
    take()
    expect([(await before).modelVersion, (await after).modelVersion]).toEqual(['prior', 'other'])
    expect((await swapping).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(retrieval.towers.version).toBe('other')
  })

  it('starts again by the towers that were taken last, not by those that a thread died at', async () => {
    const people = reader()
    const searched = open(people)
    await searched.retrieval.refresh()
    searched.searchers[0]!.hasCrashed = true
    await expect(searched.retrieval.swap(OTHER)).rejects.toMatchObject({ code: 'SEARCH_CRASHED' })
    await expect(searched.retrieval.follow()).rejects.toThrow('seen enough')
    await searched.retrieval.refresh()
    expect([searched.retrieval.towers.version, await versionFor(people, searched)]).toEqual([
      'prior',
      'prior',
    ])
  })

  it('answers a viewer that nobody knows', async () => {
    const people = reader()
    const searched = open(people)
    await searched.retrieval.refresh()
    const query = { ...aQuery(), userId: userId('nobody') }
    const { posts } = await searched.retrieval.nearest(query, await people.viewer(query), 10)
    expect(posts).toHaveLength(3)
  })
})
