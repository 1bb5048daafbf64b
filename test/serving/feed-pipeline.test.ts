import { describe, expect, it } from 'vitest'
import { EngineError } from '../../engine/errors.ts'
import type { Candidate } from '../../serving/candidate.ts'
import type { FeedStages } from '../../serving/feed-pipeline.ts'
import { NO_STAGE_METRICS } from '../../serving/pipeline/metrics.ts'
import type { SourceStage } from '../../serving/pipeline/stage.ts'
import type { Ranker, Ranking } from '../../serving/pipeline/stage.ts'
import { HOUR_MS } from '../../schemas/ids.ts'
import { later } from '../processors/events.ts'
import { aQuery, HandAlarm, idsOf, newestRanker, pipelineOver, stagesOver } from './feeds.ts'
import { People } from './people.ts'
import { searchedPosts } from './retrieval/local-searcher.ts'
import type { ServedState } from './state.ts'

const community = (): People =>
  new People()
    .tie({ targetId: 'ann', kind: 'friend' })
    .tie({ targetId: 'eve', kind: 'block' })
    .post('by-friend', { authorId: 'ann', audience: 'friends', text: 'hello', at: later(-3 * HOUR_MS) })
    .post('by-friend-too', { authorId: 'ann', at: later(-2 * HOUR_MS) })
    .post('strange', { authorId: 'bob', at: later(-HOUR_MS) })
    .post('by-eve', { authorId: 'eve' })
    .post('own', { authorId: 'user-1' })

const failing = async (): Promise<never> => {
  throw new EngineError('LOG_UNAVAILABLE', 'being restored')
}

/** The stages with one of them made to fail. */
const broken = (stages: FeedStages, name: string): FeedStages => ({
  ...stages,
  queryHydrators: stages.queryHydrators.map((each) =>
    each.name === name ? { ...each, hydrate: failing } : each,
  ),
  sources: stages.sources.map((each) => (each.name === name ? { ...each, find: failing } : each)),
  hydrators: stages.hydrators.map((each) => (each.name === name ? { ...each, hydrate: failing } : each)),
  survivorHydrators: stages.survivorHydrators.map((each) =>
    each.name === name ? { ...each, hydrate: failing } : each,
  ),
})

const nameOfAll = ({ queryHydrators, sources, hydrators, survivorHydrators }: FeedStages): string[] =>
  [...queryHydrators, ...sources, ...hydrators, ...survivorHydrators]
    .filter((stage) => stage.enable(aQuery()))
    .map(({ name }) => name)

describe('a feed', () => {
  it('goes from stage to stage, and the account says what became of every post', async () => {
    const { state } = community()
    const feed = await pipelineOver(state).rank(aQuery())
    expect(idsOf(feed.order)).toEqual(['strange', 'by-friend-too', 'by-friend'])
    expect(feed.order.map(({ source }) => source)).toEqual(['trending', 'friend', 'friend'])
    expect(idsOf(feed.found).sort()).toEqual(['by-eve', 'by-friend', 'by-friend-too', 'own', 'strange'])
    expect(
      Object.fromEntries(feed.removed.map(({ candidate, removal }) => [candidate.post.postId, removal])),
    ).toEqual({
      'by-eve': 'kept-apart',
      own: 'own',
    })
    expect(feed.survivors[2]!.content?.textLength).toBe('hello'.length)
    expect(feed.degraded).toEqual([])
    const ran = feed.stages.map(({ stage }) => stage)
    expect(ran.filter((stage) => /^(filters|pass)/.test(stage))).toEqual([
      'filters',
      'pass-0',
      'pass-1',
      'pass-2',
    ])
    expect(ran.slice(-4, -2).sort()).toEqual(['hydrator-comments', 'hydrator-contents'])
    expect(new Set(ran).size).toBe(ran.length)
  })

  it('says of each source how many posts it gave, whether or not others gave them too', async () => {
    const told = new Map<string, number>()
    const metrics = {
      ...NO_STAGE_METRICS,
      ran: (stage: string, _ms: number, kept: number) => void told.set(stage, kept),
    }
    const feed = await pipelineOver(community().state, { metrics }).rank(aQuery())
    const given = Object.fromEntries(
      [...feed.sourceCounts].map(([source, { taken }]) => [`source-${source}`, taken]),
    )
    expect(given).toMatchObject({ 'source-friend': 2, 'source-trending': 4, 'source-follow': 0 })
    const kept = feed.stages.filter(({ stage }) => stage.startsWith('source-'))
    expect(Object.fromEntries(kept.map((each) => [each.stage, each.kept]))).toEqual(given)
    for (const [stage, count] of Object.entries(given)) expect(told.get(stage)).toBe(count)
  })

  it('tells by which filters posts were removed, and nothing of those that removed none', async () => {
    const told: [string, number][] = []
    const metrics = {
      ...NO_STAGE_METRICS,
      removed: (filter: string, count: number) => void told.push([filter, count]),
    }
    const { state } = community().post('by-eve-too', { authorId: 'eve' })
    await pipelineOver(state, { metrics }).rank(aQuery())
    expect(Object.fromEntries(told)).toEqual({ own: 1, 'kept-apart': 2 })
  })

  it('of somebody unknown is what trends', async () => {
    const feed = await pipelineOver(community().state).rank(aQuery({ userId: 'nobody' }))
    expect(new Set(feed.order.map(({ source }) => source))).toEqual(new Set(['trending']))
  })

  it('of nothing at all is empty', async () => {
    const feed = await pipelineOver(new People().state).rank(aQuery())
    expect(feed).toMatchObject({ found: [], eligible: [], survivors: [], order: [], degraded: [] })
  })
})

describe('a stage that fails', () => {
  const names = nameOfAll(stagesOver(community().state))

  it.each(names)('is named and gone without, or fails the request, as it says: %s', async (name) => {
    const { state } = community()
    const stages = stagesOver(state)
    const all = [
      ...stages.queryHydrators,
      ...stages.sources,
      ...stages.hydrators,
      ...stages.survivorHydrators,
    ]
    const rank = pipelineOver(state, {}, broken(stages, name)).rank(aQuery())
    if (all.find((each) => each.name === name)!.required) {
      await expect(rank).rejects.toMatchObject({
        code: 'STAGE_FAILED',
        message: expect.stringContaining(name),
      })
    } else {
      const feed = await rank
      expect(feed.degraded).toEqual([{ stage: name, reason: 'LOG_UNAVAILABLE' }])
      expect(feed.order.length).toBeGreaterThan(0)
    }
  })

  it('late among the sources leaves what the others found', async () => {
    const { state } = community()
    const alarm = new HandAlarm()
    const stages = stagesOver(state)
    const sources = stages.sources.map((each) =>
      each.source === 'trending' ? { ...each, find: () => new Promise<never>(() => undefined) } : each,
    )
    const rank = pipelineOver(state, { alarm }, { ...stages, sources }).rank(aQuery())
    while (alarm.waiting !== 1) await new Promise(setImmediate)
    alarm.pass(1_000)
    const feed = await rank
    expect(idsOf(feed.order)).toEqual(['by-friend-too', 'by-friend'])
    expect(feed.degraded).toEqual([{ stage: 'source-trending', reason: 'late' }])
  })
})

describe('what another thread searches for', () => {
  /** A search that is not done before it is told so. */
  const searching = (state: ServedState) => {
    const found = Promise.withResolvers<void>()
    const stages = stagesOver(state)
    const waiting = (each: SourceStage): SourceStage => ({
      ...each,
      isElsewhere: true,
      find: async (query, viewer) => {
        await found.promise
        return each.find(query, viewer)
      },
    })
    const sources = stages.sources.map((each) => (each.source === 'trending' ? waiting(each) : each))
    return { stages: { ...stages, sources }, done: () => found.resolve() }
  }

  it('comes after what the others found, which pass 0 begins with meanwhile, and changes no feed', async () => {
    const { state } = community()
    const { stages, done } = searching(state)
    const prepared: (readonly Candidate[])[] = []
    const ranker: Ranker = {
      begin: (...asked): Ranking => ({
        ...newestRanker().begin(...asked),
        prepare: (candidates) => {
          prepared.push(candidates)
          done()
        },
      }),
    }
    const feed = await pipelineOver(state, { ranker }, stages).rank(aQuery())
    expect(idsOf(prepared[0]!).sort()).toEqual(['by-friend', 'by-friend-too'])
    const whole = await pipelineOver(state).rank(aQuery())
    for (const part of ['found', 'eligible', 'order'] as const) {
      expect(idsOf(feed[part])).toEqual(idsOf(whole[part]))
    }
    expect(feed.removed.length).toBe(whole.removed.length)
    const kept = new Map(feed.stages.map((each) => [each.stage, each.kept]))
    expect(kept.get('inventory')).toBe(feed.found.length)
    expect(kept.get('filters')).toBe(feed.eligible.length)
  })
})

describe('what the passes hold', () => {
  /** Counts releases; its pass 1 is required and fails when told to. */
  const counting = (fails: boolean) => {
    let released = 0
    const { passes } = newestRanker().begin(aQuery(), stagesOver as never)
    const pass1 = { ...passes[1], required: true, ...(fails && { score: failing }) }
    const ranker: Ranker = {
      begin: (): Ranking => ({ passes: [passes[0], pass1, passes[2]], release: () => void released++ }),
    }
    return { ranker, released: () => released }
  }

  it('is handed on with the feed, and given back when there is none', async () => {
    const kept = counting(false)
    const feed = await pipelineOver(community().state, { ranker: kept.ranker }).rank(aQuery())
    expect(kept.released()).toBe(0)
    feed.ranking.release()
    expect(kept.released()).toBe(1)
    const lost = counting(true)
    await expect(pipelineOver(community().state, { ranker: lost.ranker }).rank(aQuery())).rejects.toThrow(
      'pass-1',
    )
    expect(lost.released()).toBe(1)
  })
})

describe('candidates', () => {
  it('are as many as there are places for, where they exist: 1,500 of friends alone', async () => {
    const people = new People()
    for (let friend = 0; friend < 90; friend++) {
      people.tie({ targetId: `friend-${friend}`, kind: 'friend' })
      for (let post = 0; post < 20; post++) {
        people.post(`post-${friend}-${post}`, {
          authorId: `friend-${friend}`,
          audience: 'friends',
          at: later(-HOUR_MS * (1 + ((friend * 20 + post) % 300))),
        })
      }
    }
    const feed = await pipelineOver(people.state).rank(aQuery())
    expect(feed.found).toHaveLength(1_500)
    expect(feed.survivors).toHaveLength(500)
    expect(feed.sourceCounts.get('friend')).toMatchObject({ taken: 1_500, cut: true })
  })

  it('are as many for one whose many ties wrote little: retrieval looks further, once the others are counted', async () => {
    const people = new People()
    for (let tie = 0; tie < 120; tie++) {
      people.tie({ targetId: `quiet-${tie}`, kind: 'follow' })
      people.post(`quiet-post-${tie}`, { authorId: `quiet-${tie}` })
    }
    for (let post = 0; post < 3_000; post++) {
      const at = later(-HOUR_MS * (1 + (post % 300)))
      people.post(`strange-${post}`, {
        authorId: `stranger-${post % 700}`,
        text: `of subject ${post % 50}`,
        at,
      })
    }
    const retrieval = searchedPosts(people)
    await retrieval.refresh()
    for (const taste of [false, true]) {
      if (taste) people.react('strange-7', { authorId: 'stranger-7', kind: 'share' })
      const feed = await pipelineOver(people.state, { retrieval }).rank(aQuery())
      expect(feed.degraded).toEqual([])
      expect(feed.eligible.length).toBeGreaterThanOrEqual(1_500)
      expect(new Set(idsOf(feed.found)).size).toBe(feed.found.length)
    }
    await retrieval.close()
  })
})
