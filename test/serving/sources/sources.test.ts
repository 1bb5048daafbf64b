import { describe, expect, it } from 'vitest'
import { impressions, profiles } from '../../../processors/topics.ts'
import { WATCHED_POSTS_MAX } from '../../../processors/watched-posts.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import { OLD_PER_SHELF_MAX, RETRIEVED_MAX, RETRIEVED_USUAL, TIES_FEW } from '../../../serving/quotas.ts'
import { closest } from '../../../serving/sources/connected.ts'
import { lastVisitEnd } from '../../../serving/sources/last-visit.ts'
import { noRetrieval, retrieval } from '../../../serving/sources/retrieval.ts'
import { touchedStrangers } from '../../../serving/sources/touched.ts'
import { anEntry, aProfile, containerId, later, T0, userId } from '../../processors/events.ts'
import { anImpression } from '../../processors/personal-events.ts'
import { aQuery, idsOf } from '../feeds.ts'
import { People } from '../people.ts'

const query = aQuery()
const DAY_MINUTES = DAY_MS / MINUTE_MS

describe('the sources of whom and what the viewer is tied to', () => {
  it('find posts of friends, follows, groups and pages, newest first', async () => {
    const people = new People()
      .tie({ targetId: 'ann', kind: 'friend' })
      .tie({ targetId: 'bob', kind: 'follow' })
      .tie({ targetId: 'climbers', kind: 'group' })
      .tie({ targetId: 'peaks', kind: 'page' })
      .post('older', { authorId: 'ann', at: later(-3 * HOUR_MS) })
      .post('newer', { authorId: 'ann', at: later(-HOUR_MS) })
      .post('followed', { authorId: 'bob' })
      .post('in-group', { authorId: 'cyd', audience: 'group', containerId: 'climbers' })
      .post('on-page', { authorId: 'cyd', audience: 'page', containerId: 'peaks' })
      .post('strange', { authorId: 'cyd' })
    expect(idsOf(await people.find('friend', query))).toEqual(['newer', 'older'])
    expect(idsOf(await people.find('follow', query))).toEqual(['followed'])
    expect(idsOf(await people.find('group', query))).toEqual(['in-group'])
    expect(idsOf(await people.find('page', query))).toEqual(['on-page'])
  })

  it('take all that is new since the last visit, and of older posts a few of each author, up to 30 days', async () => {
    const people = new People().tie({ targetId: 'ann', kind: 'friend', at: later(-90 * DAY_MS) })
    for (let hour = 1; hour <= 40; hour++) {
      people.post(`old-${hour}`, { authorId: 'ann', at: later(-5 * DAY_MS - hour * HOUR_MS) })
      people.post(`new-${hour}`, { authorId: 'ann', at: later(-hour * MINUTE_MS) })
    }
    people.post('ancient', { authorId: 'ann', at: later(-31 * DAY_MS) })
    people.post('tomorrow', { authorId: 'ann', at: later(DAY_MS) })
    people.react('other', { at: later(-4 * DAY_MS) })
    const found = idsOf(await people.find('friend', query))
    expect(found.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, at) => `new-${at + 1}`))
    expect(found).toHaveLength(40)
    const back = new People().tie({ targetId: 'ann', kind: 'friend' })
    for (let hour = 1; hour <= 40; hour++) {
      back.post(`old-${hour}`, { authorId: 'ann', at: later(-5 * DAY_MS - hour * HOUR_MS) })
    }
    back.react('other', { at: later(-DAY_MS) })
    expect(await back.find('friend', query)).toHaveLength(OLD_PER_SHELF_MAX)
  })

  it('pass over what is not for the viewer: it takes no place of what is', async () => {
    const people = new People()
      .tie({ targetId: 'bob', kind: 'follow' })
      .tie({ targetId: 'cyd', kind: 'follow' })
      .tie({ targetId: 'cyd', kind: 'mute' })
      .tie({ targetId: 'climbers', kind: 'group' })
      .react('other', { at: later(-DAY_MS) })
    const inGroup = { audience: 'group', containerId: 'climbers' } as const
    for (let minute = 1; minute <= 3 * OLD_PER_SHELF_MAX; minute++) {
      const at = later(-5 * DAY_MS - minute * MINUTE_MS)
      people.post(`for-friends-${minute}`, { authorId: 'bob', audience: 'friends', at })
      people.post(`muted-${minute}`, { authorId: 'cyd', at })
      people.post(`muted-in-group-${minute}`, { authorId: 'cyd', at, ...inGroup })
    }
    people.post('public', { authorId: 'bob', at: later(-9 * DAY_MS) })
    people.post('in-group', { authorId: 'dan', at: later(-9 * DAY_MS), ...inGroup })
    expect(idsOf(await people.find('follow', query, 1))).toEqual(['public'])
    expect(idsOf(await people.find('group', query, 1))).toEqual(['in-group'])
  })

  it('read no shelf of somebody whom the viewer is kept apart from', async () => {
    const people = new People()
      .tie({ targetId: 'ann', kind: 'friend' })
      .tie({ targetId: 'cyd', kind: 'friend' })
      .tie({ targetId: 'cyd', kind: 'mute' })
      .react('liked', { authorId: 'dan' })
      .react('muted', { authorId: 'eve' })
      .tie({ targetId: 'eve', kind: 'mute' })
    const viewer = await people.viewer(query)
    expect(closest(viewer.friends, viewer, 2)).toEqual(['ann'])
    expect(closest(viewer.friends, viewer, 1)).toEqual(['ann'])
    expect(touchedStrangers(viewer)).toEqual(['dan'])
  })

  it('know when the last visit ended: before this session, if one goes on', () => {
    const visits = {
      sessionStartAt: later(-HOUR_MS),
      lastActiveAt: later(-HOUR_MS),
      previousActiveAt: later(-DAY_MS),
    }
    expect(lastVisitEnd(visits, later(0))).toBe(later(-HOUR_MS))
    expect(lastVisitEnd(visits, later(-50 * MINUTE_MS))).toBe(later(-DAY_MS))
    expect(lastVisitEnd({ ...visits, previousActiveAt: null }, later(-HOUR_MS))).toBe(0)
    expect(lastVisitEnd(null, later(0))).toBe(0)
  })
})

describe('the source of authors whose posts the viewer took to', () => {
  it('leaves out those who are friends or followed', async () => {
    const people = new People()
      .tie({ targetId: 'ann', kind: 'friend' })
      .post('by-friend', { authorId: 'ann' })
      .post('liked', { authorId: 'cyd' })
      .post('another', { authorId: 'cyd' })
      .react('by-friend', { authorId: 'ann' })
      .react('liked', { authorId: 'cyd' })
    expect(idsOf(await people.find('touched', query)).sort()).toEqual(['another', 'liked'])
  })
})

describe('the source of mentions', () => {
  it('finds posts that mention the viewer, until an edit or deletion says otherwise', async () => {
    const mentions = ['user-1']
    const people = new People()
      .post('one', { mentions, at: later(-2 * HOUR_MS) })
      .post('two', { mentions, at: later(-HOUR_MS) })
      .post('three', { mentions, at: later(-3 * HOUR_MS) })
      .post('added-later', { at: later(-4 * HOUR_MS) })
      .post('of-others', { mentions: ['user-2'] })
      .post('two', { action: 'edited', mentions: [], at: later(-MINUTE_MS) })
      .post('three', { action: 'deleted', at: later(-MINUTE_MS) })
      .post('added-later', { action: 'edited', mentions, at: later(-MINUTE_MS) })
    expect(idsOf(await people.find('mention', query))).toEqual(['one', 'added-later'])
  })
})

describe('the source of comments', () => {
  const commentOn = (people: People, post: string, user: string, minutes: number): People =>
    people.react(post, {
      userId: user,
      kind: 'comment',
      commentId: `${post} ${user} ${minutes}`,
      at: later(-minutes * MINUTE_MS),
    })

  it('finds watched and own posts with comments since they were seen: most by friends first', async () => {
    const people = new People()
      .tie({ targetId: 'ann', kind: 'friend' })
      .tie({ targetId: 'eve', kind: 'block' })
      .post('liked', { authorId: 'cyd' })
      .post('own', { authorId: 'user-1' })
      .post('quiet', { authorId: 'cyd' })
      .post('not-watched', { authorId: 'cyd' })
      .post('only-eve', { authorId: 'cyd' })
      .react('liked', { at: later(-2 * HOUR_MS) })
      .react('quiet', { at: later(-2 * HOUR_MS) })
      .react('only-eve', { at: later(-2 * HOUR_MS) })
    commentOn(people, 'liked', 'dan', 180)
    commentOn(people, 'liked', 'dan', 60)
    commentOn(people, 'liked', 'bob', 50)
    commentOn(people, 'own', 'dan', 40)
    commentOn(people, 'own', 'ann', 30)
    commentOn(people, 'not-watched', 'ann', 20)
    commentOn(people, 'only-eve', 'eve', 20)
    const found = await people.find('comments', query)
    expect(
      found.map(({ post, unseenComments, unseenCommentsByFriends, commenters }) => ({
        post: post.postId,
        unseenComments,
        unseenCommentsByFriends,
        commenters,
      })),
    ).toEqual([
      { post: 'own', unseenComments: 2, unseenCommentsByFriends: 1, commenters: ['ann', 'dan'] },
      { post: 'liked', unseenComments: 2, unseenCommentsByFriends: 0, commenters: ['bob', 'dan'] },
    ])
  })

  it('finds what the viewer only opened, and not what they only came past', async () => {
    const people = new People()
      .post('opened', { authorId: 'cyd' })
      .post('passed', { authorId: 'cyd' })
      .react('opened', { kind: 'click', at: later(-2 * HOUR_MS) })
      .react('passed', { kind: 'view', at: later(-2 * HOUR_MS) })
    commentOn(people, 'opened', 'dan', 60)
    commentOn(people, 'passed', 'dan', 60)
    expect(idsOf(await people.find('comments', query))).toEqual(['opened'])
  })

  it('leaves out what the viewer came back to since, and what is older than 90 days', async () => {
    const people = new People()
      .post('seen-again', { authorId: 'cyd' })
      .post('ancient', { authorId: 'cyd', at: later(-91 * DAY_MS) })
      .react('seen-again', { at: later(-2 * HOUR_MS) })
      .react('ancient', { at: later(-2 * HOUR_MS) })
    commentOn(people, 'seen-again', 'dan', 60)
    commentOn(people, 'ancient', 'dan', 60)
    people.react('seen-again', { kind: 'view', at: later(-MINUTE_MS) })
    expect(await people.find('comments', query)).toEqual([])
  })

  it('leaves out own posts that were seen, once so many others are watched that nobody knows when', async () => {
    const people = new People()
      .post('looked-at', { authorId: 'user-1', at: later(-5 * DAY_MS) })
      .post('never-looked-at', { authorId: 'user-1', at: later(-5 * DAY_MS) })
    commentOn(people, 'looked-at', 'dan', 4 * DAY_MINUTES)
    commentOn(people, 'never-looked-at', 'dan', 4 * DAY_MINUTES)
    people.react('looked-at', { authorId: 'user-1', kind: 'view', at: later(-3 * DAY_MS) })
    const liked = (from: number, to: number): void => {
      for (let index = from; index < to; index++)
        people.react(`liked-${index}`, { authorId: 'cyd', at: later(-2 * DAY_MS + index * MINUTE_MS) })
    }
    const found = async () => idsOf(await people.find('comments', query))
    liked(0, WATCHED_POSTS_MAX - 1)
    commentOn(people, 'looked-at', 'dan', 10)
    expect((await found()).sort()).toEqual(['looked-at', 'never-looked-at'])
    liked(WATCHED_POSTS_MAX - 1, WATCHED_POSTS_MAX)
    expect(await found()).toEqual(['never-looked-at'])
  })
})

describe('the source of what was carried over', () => {
  it('finds posts ranked and not shown, of the last session first, unless seen or gone', async () => {
    const people = new People().post('a').post('b').post('c').post('gone').post('seen')
    people.publish(
      impressions,
      anImpression({ at: later(-3 * HOUR_MS), posts: [], carried: ['a', 'gone', 'seen'] }),
    )
    people.publish(impressions, anImpression({ at: later(-HOUR_MS), posts: [], carried: ['b', 'c'] }))
    people.post('gone', { action: 'deleted' }).react('seen', { kind: 'view' })
    expect(idsOf(await people.find('carried', query))).toEqual(['b', 'c', 'a'])
    people.publish(impressions, anImpression({ at: later(-MINUTE_MS), posts: ['b'], carried: ['c'] }))
    expect(idsOf(await people.find('carried', query))).toEqual(['c', 'a'])
  })
})

describe('the source of what trends', () => {
  const popularIn = (people: People, post: string, users: readonly string[]): void => {
    for (const user of users) people.react(post, { userId: user, authorId: 'cyd', at: later(-HOUR_MS) })
  }

  it("gives the viewer's country and language first, then everywhere, and public posts alone", async () => {
    const people = new People()
    const japanese = ['ja-1', 'ja-2', 'ja-3']
    const settled = later(-9 * DAY_MS)
    const germans = Array.from({ length: 9 }, (_, index) => `de-${index}`)
    for (const user of japanese)
      people.publish(profiles, aProfile({ userId: user, country: 'JP', at: settled }))
    for (const user of germans)
      people.publish(profiles, aProfile({ userId: user, country: 'DE', at: settled }))
    people.publish(profiles, aProfile({ country: 'JP', language: 'ja' }))
    people
      .post('loved-in-germany', { authorId: 'cyd', language: 'de' })
      .post('loved-in-japan', { authorId: 'cyd', language: 'ja' })
      .post('in-english', { authorId: 'cyd', language: 'en' })
      .post('for-friends', { authorId: 'cyd', audience: 'friends' })
      .post('unnoticed', { authorId: 'cyd', language: 'ja' })
    popularIn(people, 'loved-in-germany', germans)
    popularIn(people, 'loved-in-japan', japanese)
    popularIn(people, 'in-english', ['ja-1', 'ja-2'])
    popularIn(people, 'for-friends', japanese)
    const found = idsOf(await people.find('trending', query))
    expect(found).toEqual(['loved-in-japan', 'loved-in-germany', 'in-english', 'unnoticed'])
    const stranger = idsOf(await people.find('trending', aQuery({ userId: 'stranger' })))
    expect(stranger[0]).toBe('loved-in-germany')
  })

  it('gives nothing of the future', async () => {
    const people = new People().post('soon', { at: later(MINUTE_MS) }).post('now', { at: later(-MINUTE_MS) })
    expect(idsOf(await people.find('trending', query))).toEqual(['now'])
  })
})

describe('the source of retrieval', () => {
  it('is not enabled before there is anything to search in, and asks for more where ties are few', async () => {
    expect(retrieval(noRetrieval).enable(query)).toBe(false)
    const asked: number[] = []
    const stage = retrieval({
      isReady: true,
      nearest: async (_query, _viewer, max) => {
        asked.push(max)
        const posts = [anEntry({ postId: 'like-it', containerId: containerId('x'), publishedAt: T0 })]
        return { posts, isAll: false, modelVersion: 'towers-1' }
      },
    })
    expect(stage.enable(query)).toBe(true)
    const finding = await stage.find(query, await new People().viewer(query))
    expect(finding.take(5).map(({ post, source }) => [post.postId, source])).toEqual([
      ['like-it', 'retrieval'],
    ])
    const tied = await new People().viewer(query)
    tied.follows = new Map(
      Array.from({ length: TIES_FEW }, (_, index) => {
        const id = userId(`author-${index}`)
        return [id, { id, closeness: 'none', since: T0 }]
      }),
    )
    expect(finding.modelVersion).toBe('towers-1')
    const usual = await stage.find(query, tied)
    expect(asked).toEqual([RETRIEVED_MAX, RETRIEVED_USUAL])
    expect([finding.beyond === undefined, usual.beyond === undefined]).toEqual([true, false])
    const further = await usual.beyond!()
    expect(further.take(5)).toEqual([])
    expect(asked.at(-1)).toBe(RETRIEVED_MAX)
  })
})
