import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { evaluate, type EvaluateOptions, type EvaluateReport } from '../../../cli/evaluate/evaluate.ts'
import { HeavyRanker, type Ranker } from '../../../cli/evaluate/ranker.ts'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { keyOf } from '../../../engine/key.ts'
import { post as postView } from '../../../processors/views/post.ts'
import { MINUTE_MS } from '../../../schemas/ids.ts'
import { ndjson, post, type PublishedEvent, reaction, tie } from '../community.ts'
import { freshet, lastJson } from '../spawned.ts'
import { temporaryDirectory } from '../temporary.ts'

const T0 = Date.UTC(2026, 0, 1)
const at = (minutes: number): { readonly at: number } => ({ at: T0 + minutes * MINUTE_MS })

const POSTS = 140
const AUTHORS = 7
const authorOf = (index: number): string => `author-${index % AUTHORS}`
const published = Array.from({ length: POSTS }, (_, index) =>
  post(`post-${index}`, authorOf(index), at(index)),
)
const reacts = (user: string | null, index: number, kind: string, minutes: number): PublishedEvent =>
  reaction(user, `post-${index}`, authorOf(index), kind, at(minutes))

/** The span is 1,000 minutes long: what comes from minute 800 on is foretold. */
const DAY: readonly PublishedEvent[] = [
  ...published,
  ...[3, 4, 5, 6, 8].map((index) => reacts('bea', index, 'like', 300 + index)),
  reacts('ada', 1, 'like', 400),
  reacts(null, 2, 'like', 500),
  reacts('ada', 53, 'view', 790),
  // Foretold: 5, the first of them when it is seen.
  reacts('ada', 50, 'view', 800),
  reacts('ada', 50, 'like', 801),
  reacts('ada', 51, 'comment', 850),
  reacts('bea', 51, 'save', 860),
  reacts('bea', 52, 'click', 870),
  reacts('cem', 1, 'share', 1_000),
  // Not: seen before the span, again, liked before the span, own, not positive, nobody known, taken back, of a post unheard of.
  reacts('ada', 53, 'like', 802),
  reacts('ada', 51, 'like', 880),
  reacts('ada', 1, 'comment', 881),
  reacts(authorOf(9), 9, 'like', 882),
  reacts('ada', 60, 'view', 883),
  reacts('ada', 61, 'hide', 884),
  reacts(null, 62, 'like', 885),
  reaction('ada', 'post-63', authorOf(63), 'like', { ...at(886), undo: true }),
  reaction('ada', 'post-unheard', 'author-1', 'like', at(887)),
  // Nor of a post that is less than an hour old.
  post('post-late', 'author-1', at(900)),
  reaction('ada', 'post-late', 'author-1', 'like', at(959)),
]

const byTime = (events: readonly PublishedEvent[]): PublishedEvent[] =>
  [...events].sort((one, other) => Number(one.value['at']) - Number(other.value['at']))

const fileOf = async (content: string): Promise<string> => {
  const file = join(await temporaryDirectory(), 'events.ndjson')
  await writeFile(file, content)
  return file
}

const evaluated = async (
  content: string,
  options: Partial<EvaluateOptions> = {},
): Promise<Omit<EvaluateReport, 'seconds'>> => {
  const { seconds, ...report } = await evaluate({
    file: await fileOf(content),
    seed: 1,
    from: 0.8,
    to: 1,
    clock: systemClock,
    ranker: (runtime) => HeavyRanker.open(runtime),
    onRefused: () => undefined,
    onProgress: () => undefined,
    ...options,
  })
  expect(seconds).toBeGreaterThan(0)
  return report
}

interface Asked {
  readonly userId: string
  readonly postIds: readonly string[]
  readonly asOf: number
  readonly engagements: number
}

/** Notes what it is asked, and how many engagements the state holds of the post that is foretold. */
const noting = (asked: Asked[]): Pick<EvaluateOptions, 'ranker'> => ({
  ranker: async ({ rows }): Promise<Ranker> => ({
    async score(userId, posts, asOf) {
      const [row] = await rows.readMany(postView.name, [keyOf(posts[0]!.postId)])
      const columns = postView.describe(row?.subarray(1) ?? Buffer.alloc(0), asOf)
      const engagements = columns['post.engagements.total']!
      asked.push({ userId, postIds: posts.map((each) => each.postId), asOf: asOf - T0, engagements })
      return new Float64Array(posts.length)
    },
    async close() {},
  }),
})

describe('freshet evaluate', () => {
  test('foretells first positive interactions with posts of others that are an hour old, in the last fifth', async () => {
    const asked: Asked[] = []
    const report = await evaluated(ndjson(byTime(DAY)), noting(asked))
    expect(asked.map(({ userId, postIds }) => [userId, postIds[0]])).toEqual([
      ['ada', 'post-50'],
      ['ada', 'post-51'],
      ['bea', 'post-51'],
      ['bea', 'post-52'],
      ['cem', 'post-1'],
    ])
    expect(report.methods.freshet.n).toBe(5)
    expect(report.methods.freshet.auc).toBe(0.5)
    expect(report.segments.known_users.methods.recent.n).toBe(2)
    expect(report.evaluated_from).toBe(new Date(T0 + 800 * MINUTE_MS).toISOString())
  })

  test("asks as of the user's first touch of the post, with every event before it in the state and not the touch itself", async () => {
    const asked: Asked[] = []
    await evaluated(ndjson(byTime(DAY)), noting(asked))
    expect(asked.map(({ asOf }) => asOf / MINUTE_MS)).toEqual([800, 850, 860, 870, 1_000])
    expect(asked.map(({ engagements }) => engagements)).toEqual([0, 0, 1, 0, 2])
  })

  test('says the same for events that are out of order or published twice', async () => {
    const inOrder = await evaluated(ndjson(byTime(DAY)))
    const [first, ...rest] = byTime(DAY).toReversed()
    expect(await evaluated(ndjson([first!, first!, ...rest]))).toEqual({
      ...inOrder,
      events: inOrder.events + 1,
    })
  })

  test('has learned what it ranked by once the interaction happens, be it long after the post was first touched', async () => {
    const heard: string[] = []
    const minutes = (time: number): number => (time - T0) / MINUTE_MS
    await evaluated(
      ndjson([
        ...DAY,
        reacts('bea', 71, 'view', 855),
        reacts('bea', 70, 'view', 856),
        reacts('bea', 70, 'dwell', 857),
        reacts('bea', 70, 'share', 865),
      ]),
      {
        from: 0.85,
        to: 0.87,
        ranker: async (): Promise<Ranker> => {
          let last = ''
          return {
            async score(userId, posts, asOf) {
              last = `${userId} ${posts[0]!.postId}`
              heard.push(`${minutes(asOf)} ranks ${last}`)
              return new Float64Array(posts.length)
            },
            keep() {
              const ranked = last
              return async (_userId, kind, time) =>
                void heard.push(`${minutes(time)} learns ${kind} ${ranked}`)
            },
            async close() {},
          }
        },
      },
    )
    expect(heard).toEqual([
      '850 ranks ada post-51',
      '850 learns comment ada post-51',
      '856 ranks bea post-70',
      '860 ranks bea post-51',
      '860 learns save bea post-51',
      '865 learns share bea post-70',
      '870 ranks bea post-52',
      '870 learns click bea post-52',
    ])
  })

  test('reports separately on users who look and rarely do more', async () => {
    const more = Array.from({ length: 40 }, (_, index) => post(`more-${index}`, 'author-1', at(200 + index)))
    const looks = Array.from({ length: 60 }, (_, index) => reacts('dan', index, 'view', 300 + index))
    const likes = [reacts('dan', 90, 'like', 890), reacts('dan', 91, 'like', 891)]
    const report = await evaluated(ndjson([...DAY, ...more, ...looks, ...likes]))
    expect(report.methods.freshet.n).toBe(7)
    expect(report.segments.passive_users).toMatchObject({
      touched_posts_min: 50,
      interactions_below_one_in: 25,
      methods: { freshet: { n: 2 }, recent: { n: 2 } },
    })
  })

  test('draws by its seed', async () => {
    const [one, same, other]: Asked[][] = [[], [], []]
    await evaluated(ndjson(DAY), { ...noting(one!), seed: 7 })
    await evaluated(ndjson(DAY), { ...noting(same!), seed: 7 })
    await evaluated(ndjson(DAY), { ...noting(other!), seed: 8 })
    expect(same).toEqual(one)
    expect(other).not.toEqual(one)
  })

  test('ranks only what the user may see', async () => {
    const inGroup = { audience: 'group', containerId: 'group-1', ...at(100) }
    const asked: Asked[] = []
    const report = await evaluated(
      ndjson([
        ...DAY,
        post('secret', 'author-1', inGroup),
        post('muted', 'gus', at(101)),
        tie('bea', 'group-1', 'group', at(200)),
        tie('ada', 'gus', 'mute', at(201)),
        reaction('ada', 'secret', 'author-1', 'like', at(910)),
        reaction('ada', 'muted', 'gus', 'like', at(911)),
        reaction('bea', 'secret', 'author-1', 'like', at(912)),
      ]),
      noting(asked),
    )
    expect(report.skipped).toEqual({
      not_visible: 2,
      too_few_others: 0,
      // What was seen a little before the span, and liked in it.
      touched_before_span: 1,
      touched_when_young: 0,
    })
    expect(asked.filter(({ postIds }) => postIds[0] === 'secret').map(({ userId }) => userId)).toEqual([
      'bea',
    ])
    for (const { userId, postIds } of asked) {
      if (userId !== 'bea') expect(postIds).not.toContain('secret')
      if (userId === 'ada') expect(postIds).not.toContain('muted')
    }
  })

  test('counts what it refuses and what it cannot rank', async () => {
    const few = [post('old', 'bea', at(0)), reaction('ada', 'old', 'bea', 'like', at(120))]
    const report = await evaluated(`${ndjson(few)}{"topic":"reactions"}\nnot json\n`)
    expect(report).toMatchObject({ events: 2, refused: 2, skipped: { not_visible: 0, too_few_others: 1 } })
    expect(report.methods.freshet).toMatchObject({ n: 0, ndcg_at_10: 0 })
  })

  test('ranks no post that was deleted before it was published', async () => {
    const deleted = post('post-7', authorOf(7), { ...at(-1), action: 'deleted' })
    const asked: Asked[] = []
    await evaluated(ndjson([deleted, ...DAY]), noting(asked))
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.filter(({ postIds }) => postIds.includes('post-7'))).toEqual([])
    const report = await evaluated(ndjson([deleted, ...DAY]))
    expect(report.methods.freshet.n).toBe(asked.length)
  })

  test('of a file without events says that there were none', async () => {
    expect(await evaluated('')).toMatchObject({ events: 0, evaluated_from: null, evaluated_to: null })
  })

  test('stops at the end of the span it is given', async () => {
    const asked: Asked[] = []
    await evaluated(ndjson(DAY), { ...noting(asked), from: 0.84, to: 0.86 })
    expect(asked.map(({ asOf }) => asOf / MINUTE_MS)).toEqual([850, 860])
  })
})

/** Starting a process takes a second; on a machine that does much else, a minute. */
const PROCESS_MS_MAX = 120_000

test('on the command line prints a result as JSON', { timeout: PROCESS_MS_MAX }, async () => {
  const file = await fileOf(ndjson(DAY))
  const ended = await freshet(dirname(file), 'evaluate', file, '--json')
  expect(ended.code).toBe(0)
  const { methods } = lastJson(ended) as unknown as EvaluateReport
  expect(Object.keys(methods)).toEqual(['freshet', 'popularity', 'decayed', 'recent', 'active'])
})

test('on the command line prints tables', { timeout: PROCESS_MS_MAX }, async () => {
  const file = await fileOf(ndjson(DAY))
  const { stdout } = await freshet(dirname(file), 'evaluate', file, '--seed', '2')
  expect(stdout).toContain('5 interactions from 2026-01-01T13:20:00.000Z')
  expect(stdout).toContain('users with at least 5 earlier interactions: 2')
})
