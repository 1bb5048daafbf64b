import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Candidate, candidateOf, type Source, SOURCES, sourcesIn } from '../../serving/candidate.ts'
import { Inventory, type Limits } from '../../serving/inventory.ts'
import type { Finding } from '../../serving/pipeline/stage.ts'
import { CANDIDATES_MAX, CANDIDATES_MIN, QUOTAS } from '../../serving/quotas.ts'
import { listFinding } from '../../serving/sources/list.ts'
import { ViewerDraft } from '../../serving/viewer-draft.ts'
import { anEntry, containerId, later, userId } from '../processors/events.ts'
import { idsOf } from './feeds.ts'

const quotasOf = (quota: number): Readonly<Record<Source, number>> => {
  const quotas: Partial<Record<Source, number>> = {}
  for (const source of SOURCES) quotas[source] = quota
  return quotas as Record<Source, number>
}

const finding = (source: Source, posts: readonly number[]): Finding =>
  listFinding(
    source,
    posts.map((post) => anEntry({ postId: `post-${post}`, publishedAt: later(-post) })),
  )

/** Of all findings at once; or in two parts, handed out between them. */
const gather = (
  findings: ReadonlyMap<Source, Finding>,
  viewer: ViewerDraft,
  failed: (source: Source, error: unknown) => unknown,
  limits: Limits,
  late: readonly Source[] = [],
) => {
  const inventory = new Inventory(viewer, limits, failed)
  const part = (isLate: boolean) =>
    new Map([...findings].filter(([source]) => late.includes(source) === isLate))
  inventory.take(part(false))
  const first = inventory.handOut()
  const asFirst = first.map(({ source }) => source)
  inventory.take(part(true))
  inventory.fill()
  const candidates = [...first, ...inventory.handOut()]
  const isOther = first.some(({ source }, index) => source !== asFirst[index])
  return { candidates, counts: inventory.counts, isChanged: inventory.isChanged, isOther }
}

const gathered = (
  given: Partial<Record<Source, readonly number[]>>,
  limits: Limits,
  seen: ReadonlySet<string> = new Set(),
  late: readonly Source[] = [],
) => {
  const viewer = new ViewerDraft(userId('user-1'))
  viewer.seen.has = (post) => seen.has(post)
  const findings = new Map(
    SOURCES.flatMap((source): [Source, Finding][] => {
      const posts = given[source]
      return posts === undefined ? [] : [[source, finding(source, posts)]]
    }),
  )
  const failures: string[] = []
  const failed = (source: Source, error: unknown): unknown => failures.push(`${source} ${String(error)}`)
  return { ...gather(findings, viewer, failed, limits, late), failures }
}

const named = (candidates: readonly Candidate[]): string[] =>
  candidates.map(({ post, source, sources }) => `${post.postId} ${source} ${sourcesIn(sources).join('+')}`)

test('a post found by several sources is one candidate of the strongest, and knows of all', () => {
  const limits = { quotas: quotasOf(10), candidatesMin: 0, candidatesMax: 100 }
  const { candidates } = gathered({ trending: [1, 2], friend: [2, 3], comments: [3] }, limits)
  expect(named(candidates)).toEqual([
    'post-3 comments comments+friend',
    'post-2 friend friend+trending',
    'post-1 trending trending',
  ])
})

test('a post that only sources without ties found is there by the tie that holds, in parts too', () => {
  const viewer = new ViewerDraft(userId('user-1'))
  const edge = <Id>(id: Id) => new Map([[id, { id, closeness: 'none' as const, since: later(0) }]])
  const touch = { authorId: userId('tim'), touches: 1, lastTouchAt: later(0) }
  viewer.friends = edge(userId('fay'))
  viewer.follows = edge(userId('flo'))
  viewer.groups = edge(containerId('group-1'))
  viewer.pages = edge(containerId('page-1'))
  viewer.touched = new Map([[touch.authorId, touch]])
  const posts = [
    anEntry({ postId: 'by-friend', authorId: 'fay' }),
    anEntry({ postId: 'by-followed', authorId: 'flo' }),
    anEntry({ postId: 'in-group', containerId: 'group-1', audience: 'group' }),
    anEntry({ postId: 'on-page', containerId: 'page-1', audience: 'page' }),
    anEntry({ postId: 'by-touched', authorId: 'tim' }),
    anEntry({ postId: 'strange' }),
  ]
  const limits = { quotas: quotasOf(10), candidatesMin: 0, candidatesMax: 100 }
  const ties = ['friend', 'follow', 'group', 'page', 'touched']
  for (const source of ['carried', 'trending', 'retrieval'] as const) {
    const findings = new Map([
      [source, listFinding(source, posts)],
      ['touched', listFinding('touched', posts.slice(4, 5))],
    ] as const)
    const { candidates, isOther } = gather(findings, viewer, () => undefined, limits, [source])
    const sourceOf = new Map(candidates.map((each) => [each.post.postId, each.source]))
    expect(posts.map(({ postId }) => sourceOf.get(postId))).toEqual([...ties, source])
    expect(isOther).toBe(false)
  }
})

test('every source gives its quota; while too few are new to the viewer, the strongest give more', () => {
  const given = { friend: [1, 2, 3, 4, 5], group: [11, 12, 13, 14], trending: [21] }
  const limits = { quotas: quotasOf(2), candidatesMin: 0, candidatesMax: 100 }
  const few = gathered(given, limits)
  expect(idsOf(few.candidates)).toEqual(['post-1', 'post-2', 'post-11', 'post-12', 'post-21'])
  expect(few.counts.get('friend')).toEqual({
    taken: 2,
    cut: true,
    oldestAt: later(-2),
    modelVersion: null,
  })
  expect(few.counts.get('trending')).toEqual({
    taken: 1,
    cut: false,
    oldestAt: later(-21),
    modelVersion: null,
  })
  const more = gathered(given, { ...limits, candidatesMin: 8 })
  expect(idsOf(more.candidates)).toEqual([...idsOf(few.candidates), 'post-3', 'post-4', 'post-5'])
  const unseen = gathered(given, { ...limits, candidatesMin: 8 }, new Set(['post-1', 'post-4']))
  expect(idsOf(unseen.candidates).slice(8)).toEqual(['post-13', 'post-14'])
  expect(unseen.candidates.filter(({ seen }) => seen).map(({ post }) => post.postId)).toEqual([
    'post-1',
    'post-4',
  ])
})

test('what the viewer may not see is no post that is new to them', () => {
  const posts = [
    anEntry({ postId: 'for-friends', authorId: 'bob', audience: 'friends' }),
    anEntry({ postId: 'by-eve', authorId: 'eve' }),
    anEntry({ postId: 'seen', authorId: 'bob' }),
  ]
  const viewer = new ViewerDraft(userId('user-1'))
  viewer.isKeptApart = (id) => id === 'eve'
  viewer.seen.has = (post) => post === 'seen'
  const findings = new Map([
    ['friend', finding('friend', [1, 2, 3])],
    ['trending', listFinding('trending', posts)],
  ] as const)
  const quotas = { ...quotasOf(1), trending: 3 }
  const limits = { quotas, candidatesMin: 2, candidatesMax: 100 }
  const { candidates } = gather(findings, viewer, () => undefined, limits)
  expect(idsOf(candidates)).toEqual(['post-1', 'for-friends', 'by-eve', 'seen', 'post-2'])
})

test('a source that throws keeps what it gave, and is named', () => {
  const viewer = new ViewerDraft(userId('user-1'))
  let takes = 0
  const broken: Finding = {
    isExhausted: false,
    take: () => {
      if (takes++ > 0) throw new TypeError('a fault')
      return [candidateOf(anEntry({ postId: 'post-1' }), 'friend')]
    },
  }
  const failures: string[] = []
  const limits = { quotas: quotasOf(1), candidatesMin: 5, candidatesMax: 9 }
  const { candidates } = gather(
    new Map([['friend', broken]]),
    viewer,
    (source) => failures.push(source),
    limits,
  )
  expect(idsOf(candidates)).toEqual(['post-1'])
  expect(failures).toEqual(['friend'])
})

test('whatever sources hold: each post once, no more than may be, enough where there are enough', () => {
  const posts = fc.uniqueArray(fc.nat(60), { maxLength: 40 })
  const given = fc.record(
    { comments: posts, friend: posts, follow: posts, trending: posts },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(
      given,
      fc.nat(12),
      fc.nat(40),
      fc.nat(50),
      fc.uniqueArray(fc.nat(60)),
      (all, quota, min, max, saw) => {
        const seen = new Set(saw.map((post) => `post-${post}`))
        const { candidates, counts } = gathered(
          all,
          { quotas: quotasOf(quota), candidatesMin: min, candidatesMax: max },
          seen,
        )
        const ids = idsOf(candidates)
        expect(new Set(ids).size).toBe(ids.length)
        expect(ids.length).toBeLessThanOrEqual(max)
        const everything = new Set(
          Object.values(all)
            .flat()
            .map((post) => `post-${post}`),
        )
        const comments = new Set((all.comments ?? []).map((post) => `post-${post}`))
        const isNew = (id: string): boolean => !seen.has(id) || comments.has(id)
        const possible = [...everything].filter(isNew).length
        const isFull = ids.length === max
        if (!isFull) expect(ids.filter(isNew).length).toBeGreaterThanOrEqual(Math.min(min, possible))
        for (const candidate of candidates) {
          const holders = SOURCES.filter((source) =>
            all[source as keyof typeof all]?.includes(Number(candidate.post.postId.slice(5))),
          )
          expect(holders).toEqual(expect.arrayContaining(sourcesIn(candidate.sources)))
          expect(candidate.source).toBe(sourcesIn(candidate.sources)[0])
        }
        for (const [source, { taken, cut }] of counts) {
          expect(cut).toBe(taken < (all[source as keyof typeof all]?.length ?? 0))
        }
      },
    ),
  )
})

test('the quotas add up to the most that is ranked, and that is enough', () => {
  expect(CANDIDATES_MAX).toBe(2_800)
  expect(CANDIDATES_MIN).toBe(1_500)
  expect(Object.keys(QUOTAS).sort()).toEqual([...SOURCES].sort())
})

test('in two parts the candidates are those of one, and it is told when the first have become others', () => {
  const posts = fc.uniqueArray(fc.nat(40), { maxLength: 30 })
  const given = fc.record({ friend: posts, follow: posts, group: posts, retrieval: posts })
  let changes = 0
  fc.assert(
    fc.property(given, fc.nat(8), fc.nat(40), (all, quota, min) => {
      const limits = { quotas: quotasOf(quota), candidatesMin: min, candidatesMax: 60 }
      const parts = gathered(all, limits, new Set(), ['retrieval'])
      expect(named(parts.candidates)).toEqual(named(gathered(all, limits).candidates))
      if (parts.isOther) expect(parts.isChanged).toBe(true)
      changes += Number(parts.isOther)
    }),
    { seed: 1 },
  )
  expect(changes).toBeGreaterThan(0)
})
