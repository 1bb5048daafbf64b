import { expect, test } from 'vitest'
import { HOUR_MS } from '../../../../schemas/ids.ts'
import {
  TRENDING_KEPT_MAX,
  TRENDING_REFRESH_MS,
  TrendingPools,
} from '../../../../serving/sources/trending/pools.ts'
import { later } from '../../../processors/events.ts'
import { HandClock } from '../../feeds.ts'
import { People } from '../../people.ts'

const rig = (people: People) => {
  const clock = new HandClock()
  let breaths = 0
  let reads = 0
  people.state.onRead = () => reads++
  const breathe = async (): Promise<void> => {
    breaths++
  }
  const pools = new TrendingPools({ rows: people.state.rows, clock, breathe })
  const ids = async (
    asOf = later(0),
    country: string | null = null,
    language: string | null = null,
  ): Promise<string[]> => (await pools.posts(asOf, country, language)).map(({ postId }) => postId)
  return { clock, ids, reads: () => reads, breaths: () => breaths }
}

const turn = (): Promise<unknown> => new Promise(setImmediate)

test('a pool is made once, shared, and made anew behind its readers after a while', async () => {
  const people = new People().post('one', { at: later(-HOUR_MS) })
  const { clock, ids, reads, breaths } = rig(people)
  expect(await Promise.all([ids(), ids()])).toEqual([['one'], ['one']])
  const made = reads()
  expect(breaths()).toBeGreaterThan(0)
  people.post('two', { at: later(-HOUR_MS / 2) })
  clock.ms += TRENDING_REFRESH_MS
  expect(await ids()).toEqual(['one'])
  expect(reads()).toBe(made)
  clock.ms++
  expect(await ids()).toEqual(['one'])
  for (let turns = 0; turns < 20; turns++) await turn()
  expect(await ids()).toEqual(['two', 'one'])
  expect(reads()).toBe(2 * made)
})

test('a pool is of one language, wherever it is spoken', async () => {
  const people = new People()
    .post('finnish', { language: 'fi', at: later(-HOUR_MS / 4) })
    .post('filipino', { language: 'fil', at: later(-HOUR_MS / 3) })
    .post('english', { language: 'en', at: later(-HOUR_MS / 2) })
    .post('british', { language: 'en-gb', at: later(-HOUR_MS) })
  const { ids, reads } = rig(people)
  expect(await ids(later(0), null, 'en-us')).toEqual(['english', 'british', 'finnish', 'filipino'])
  const made = reads()
  expect(await ids(later(0), null, 'en')).toEqual(['english', 'british', 'finnish', 'filipino'])
  expect(reads()).toBe(made)
  expect((await ids(later(0), null, 'fil'))[0]).toBe('filipino')
})

test('a first pool that fails is told; a refresh that fails leaves the posts as they were', async () => {
  const people = new People().post('one', { at: later(-HOUR_MS) })
  const { clock, ids } = rig(people)
  const fails = (): never => {
    throw new TypeError('a fault')
  }
  people.state.onRead = fails
  await expect(ids()).rejects.toThrow('a fault')
  people.state.onRead = () => undefined
  expect(await ids()).toEqual(['one'])
  people.state.onRead = fails
  clock.ms += TRENDING_REFRESH_MS + 1
  expect(await ids()).toEqual(['one'])
  await turn()
  expect(await ids()).toEqual(['one'])
})

test('posts are ranked by how they do and how old they are, and a bounded number is kept', async () => {
  const people = new People()
  for (let post = 0; post < 12; post++) people.post(`post-${post}`, { at: later(-post * HOUR_MS) })
  for (let user = 0; user < 6; user++) people.react('post-9', { userId: `user-${user}`, at: later(-HOUR_MS) })
  const { ids } = rig(people)
  const found = await ids()
  expect(found[0]).toBe('post-9')
  expect(found.slice(1, 4)).toEqual(['post-0', 'post-1', 'post-2'])
  expect(found.length).toBeLessThanOrEqual(TRENDING_KEPT_MAX)
})
