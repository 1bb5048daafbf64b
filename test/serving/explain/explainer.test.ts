import { describe, expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../../schemas/ids.ts'
import { Explainer } from '../../../serving/explain/explainer.ts'
import type { Explanation } from '../../../serving/explain/explanation.ts'
import { ServedRequests } from '../../../serving/explain/served-requests.ts'
import type { FeedStages, RankedFeed } from '../../../serving/feed-pipeline.ts'
import type { Ranker } from '../../../serving/pipeline/stage.ts'
import { later, postId } from '../../processors/events.ts'
import { requestId } from '../../processors/personal-events.ts'
import { Visibility } from '../../../serving/visibility/index.ts'
import { noRestrictions } from '../../../serving/visibility/restrictions.ts'
import { aQuery, newestRanker, pipelineOver, sessionOf, stagesOver } from '../feeds.ts'
import { People } from '../people.ts'

const REQUEST = requestId('request-1')

interface Served {
  readonly feed: RankedFeed
  readonly requests: ServedRequests
  readonly explain: (post: string, request?: string) => Promise<Explanation>
}

/** Serves the first post of a feed and remembers it. */
const serve = async (
  people: People,
  options: { readonly ranker?: Ranker; readonly stages?: FeedStages } = {},
): Promise<Served> => {
  const stages = options.stages ?? stagesOver(people.state)
  const feed = await pipelineOver(people.state, options, stages).rank(aQuery())
  const requests = new ServedRequests()
  const { rows } = people.state
  requests.note(REQUEST, feed, feed.order.slice(0, 1))
  const explainer = new Explainer({
    rows,
    requests,
    stages,
    visibility: new Visibility(rows, noRestrictions),
  })
  const explain = (post: string, request = 'request-1'): Promise<Explanation> =>
    explainer.explain(requestId(request), postId(post))
  return { feed, requests, explain }
}

const community = (): People =>
  new People()
    .tie({ targetId: 'ann', kind: 'friend' })
    .tie({ targetId: 'eve', kind: 'mute' })
    .post('first', { authorId: 'ann', at: later(-HOUR_MS) })
    .post('second', { authorId: 'ann', at: later(-2 * HOUR_MS) })
    .post('third', { authorId: 'ann', at: later(-3 * HOUR_MS) })
    .post('by-eve', { authorId: 'eve' })

describe('a post that was found', () => {
  it('is explained as shown, with its place, sources and passes', async () => {
    const { explain } = await serve(community())
    const told = await explain('first')
    expect(told).toMatchObject({ requestId: 'request-1', postId: 'first', outcome: 'shown', pagePosition: 0 })
    expect(told.text).toBe('Shown in place 1 of this page.')
    expect(told.sources.map(({ source, found }) => [source, found])).toEqual([
      ['friend', true],
      ['trending', true],
    ])
    expect(told.passes.pass0).toEqual({ rank: 0, score: -HOUR_MS, kept: true, shortBy: null })
    expect(told.passes).toMatchObject({ pass1: { rank: 0 }, pass2: { rank: 0 } })
  })

  it('is explained as ranked where another page shows it, or as shown on that page', async () => {
    const { explain, feed, requests } = await serve(community())
    expect(await explain('second')).toMatchObject({
      outcome: 'ranked',
      text: 'Ranked in place 2, which is not on this page.',
    })
    requests.page(requestId('request-2'), sessionOf(feed, REQUEST), feed.order.slice(1, 2))
    expect(await explain('second', 'request-2')).toMatchObject({ outcome: 'shown', pagePosition: 0 })
  })

  it('is explained as removed by the filter that removed it, also when the page was checked again', async () => {
    const { explain, feed, requests } = await serve(community())
    expect(await explain('by-eve')).toMatchObject({
      outcome: 'removed',
      filter: 'kept-apart',
      text: 'Removed by a filter: Viewer or author blocks or mutes the other.',
      passes: {},
    })
    const removed = [{ candidate: feed.order[1]!, removal: 'deleted' as const }]
    requests.page(requestId('request-2'), sessionOf(feed, REQUEST), [], removed)
    expect(await explain('second', 'request-2')).toMatchObject({ outcome: 'removed', filter: 'deleted' })
  })

  it('is explained as dropped by a pass, and by how much', async () => {
    const { explain } = await serve(community(), { ranker: newestRanker(2) })
    const told = await explain('third')
    expect(told).toMatchObject({
      outcome: 'dropped',
      passes: { pass0: { rank: 2, kept: false, shortBy: HOUR_MS } },
    })
    expect(told.text).toBe('Dropped by pass 0 in place 3, 3600000 short of the last: it keeps 2.')
    expect(told.passes.pass1).toBeUndefined()
  })

  it('is explained as cut off when the pass itself was dropped', async () => {
    const { passes } = newestRanker(2).begin(aQuery(), undefined as never)
    const fails = async (): Promise<never> => {
      throw new TypeError('a fault')
    }
    const ranker: Ranker = {
      begin: () => ({
        passes: [{ ...passes[0], score: fails }, passes[1], passes[2]],
        release: () => undefined,
      }),
    }
    const { explain } = await serve(community(), { ranker })
    const told = await explain('third')
    expect(told).toMatchObject({ outcome: 'dropped', passes: {} })
    expect(told.text).toBe('Pass 0 was dropped (UNEXPECTED), and only the first 2 candidates went on.')
  })
})

describe('a post that no source found', () => {
  const missedBy = async (people: People, post: string, stages?: FeedStages): Promise<string> => {
    const { explain } = await serve(people, stages === undefined ? {} : { stages })
    const told = await explain(post)
    expect(told.outcome).toBe('not-found')
    expect(told.sources.every(({ found }) => !found)).toBe(true)
    return told.text
  }

  it('is not for the viewer, of whatever kind that is: nothing tells them apart', async () => {
    const people = community()
      .post('third', { action: 'deleted' })
      .post('draft', { action: 'edited' })
      .post('for-friends', { authorId: 'cyd', audience: 'friends' })
      .post('in-group', { authorId: 'cyd', audience: 'group', containerId: 'climbers' })
      .post('by-eve-too', { authorId: 'eve', at: later(-31 * 24 * HOUR_MS) })
    for (const post of ['nothing', 'third', 'draft', 'for-friends', 'in-group', 'by-eve-too']) {
      const { explain } = await serve(people)
      expect(await explain(post)).toEqual({
        requestId: 'request-1',
        postId: post,
        outcome: 'not-found',
        sources: [],
        passes: {},
        text: 'The viewer may see no such post: none is known by this id, or it was deleted, or it is not for them.',
      })
    }
  })

  it('is too old, or not out yet', async () => {
    const people = community()
      .post('ancient', { authorId: 'ann', at: later(-31 * 24 * HOUR_MS) })
      .post('tomorrow', { authorId: 'ann', at: later(HOUR_MS) })
    expect(await missedBy(people, 'ancient')).toBe('No source found it: friend: It is older than 30 days.')
    expect(await missedBy(people, 'tomorrow')).toContain('It was published after the feed was made.')
  })

  it('is by nobody the viewer is tied to, which every source says for itself', async () => {
    const people = community()
      .post('by-cyd', { authorId: 'cyd', at: later(-31 * 24 * HOUR_MS) })
      .post('for-friends', { authorId: 'ann', audience: 'friends', at: later(-31 * 24 * HOUR_MS) })
    const { explain } = await serve(people)
    const { text, sources } = await explain('by-cyd')
    expect(text).toBe('No source found it: nothing ties the viewer to it, and it does not trend.')
    const said = Object.fromEntries(sources.map((each) => [each.source, each.text]))
    expect(said).toMatchObject({
      friend: 'cyd is no friend of the viewer.',
      follow: 'The viewer does not follow cyd.',
      group: 'It is in no group of the viewer.',
      mention: 'It does not mention the viewer.',
      trending: 'It does not do well enough with everyone to trend.',
      retrieval: 'The source was not enabled.',
    })
    const forFriends = await explain('for-friends')
    const { text: trends } = forFriends.sources.find(({ source }) => source === 'trending')!
    expect(trends).toBe('Only public posts trend.')
  })

  it('is beyond the newest of one author', async () => {
    const people = community().react('x', { at: later(-31 * MINUTE_MS) })
    for (let post = 0; post < 25; post++) {
      people.post(`more-${post}`, { authorId: 'ann', audience: 'friends', at: later(-4 * HOUR_MS - post) })
    }
    expect(await missedBy(people, 'more-24')).toMatch(
      /friend: It is beyond the newest that are taken of one author/,
    )
  })

  it('is of a source that was dropped, which is told first', async () => {
    const people = community().post('for-friends', { authorId: 'ann', audience: 'friends' })
    const stages = stagesOver(people.state)
    const fails = async (): Promise<never> => {
      throw new TypeError('a fault')
    }
    const sources = stages.sources.map((each) => (each.source === 'friend' ? { ...each, find: fails } : each))
    expect(await missedBy(people, 'for-friends', { ...stages, sources })).toBe(
      'No source found it: friend: The source was dropped: UNEXPECTED.',
    )
  })
})

describe('a request', () => {
  it('for a later page of a feed that was forgotten is explained as far as the feed was ranked', async () => {
    const { explain, feed, requests } = await serve(community())
    requests.page(requestId('request-2'), sessionOf(feed, 'forgotten'), feed.order.slice(1, 2))
    expect(await explain('second', 'request-2')).toMatchObject({ outcome: 'shown', pagePosition: 0 })
    expect(await explain('third', 'request-2')).toMatchObject({
      outcome: 'ranked',
      passes: { pass0: { rank: 2 }, pass2: { rank: 2 } },
    })
    await expect(explain('by-eve', 'request-2')).rejects.toThrow('only what it ranked is still known')
  })

  it('that is not remembered is refused', async () => {
    const { explain } = await serve(community())
    await expect(explain('first', 'other')).rejects.toMatchObject({ code: 'REQUEST_UNKNOWN' })
  })
})
