import { setImmediate as macrotask } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { EmbeddedFeatureStore } from '../../../features/store/embedded.ts'
import type { FeatureReader } from '../../../features/store/port.ts'
import { newMatrices } from '../../../models/scoring/matrices.ts'
import type { ScorerPool } from '../../../models/scoring/pool.ts'
import { isEnd, RowStream, rowsIn } from '../../../models/scoring/row-stream.ts'
import type { Lease } from '../../../models/scoring/types.ts'
import type { PostId } from '../../../schemas/ids.ts'
import { type Candidate, candidateOf } from '../../../serving/candidate.ts'
import { Rankings } from '../../../serving/experiments/rankings.ts'
import { RANKING_DEFAULTS } from '../../../serving/rules/config.ts'
import { Ranker } from '../../../serving/scorers/ranker.ts'
import type { Ranking } from '../../../serving/scorers/ranking.ts'
import { ViewerDraft } from '../../../serving/viewer-draft.ts'
import { anEntry, later, userId } from '../../processors/events.ts'
import { aQuery } from '../feeds.ts'
import { People } from '../people.ts'

const CANDIDATES = 700
const { signal } = new AbortController()
const viewer = new ViewerDraft(userId('user-1'))

/** A row's score is the sum of its columns, each times its place. */
const sumOf = (row: Float32Array): number => row.reduce((sum, value, column) => sum + value * (column + 1), 0)

/** Scores on this thread, and counts the rows it was given. */
class SummingLease implements Pick<Lease, 'light' | 'heavy' | 'stream' | 'release'> {
  scored = 0
  releases = 0
  private readonly free = Promise.withResolvers<void>()
  readonly released = this.free.promise
  readonly light = newMatrices({ light: CANDIDATES, heavy: 1 }).light
  readonly heavy = this.light

  stream(): RowStream {
    const { rows, width, outputs, filled } = this.light
    return new RowStream(filled, async (first) => {
      let at = first
      for (; at < rowsIn(Atomics.load(filled, 0)); at++, this.scored++) {
        outputs[at] = sumOf(rows.subarray(at * width, (at + 1) * width))
      }
      return at
    })
  }

  release(): void {
    this.releases++
    this.free.resolve()
    expect(isEnd(this.light.filled[0]!)).toBe(true)
  }
}

/** A store that answers each read some time later, and none while it stands still: as one over a network does. */
class RemoteStore implements FeatureReader {
  reads = 0
  underWay = 0
  private readonly store: FeatureReader
  private readonly opened = Promise.withResolvers<void>()

  constructor(store: FeatureReader) {
    this.store = store
  }

  async fill(...asked: Parameters<FeatureReader['fill']>): Promise<void> {
    this.reads++
    this.underWay++
    await this.opened.promise
    await macrotask()
    await this.store.fill(...asked)
    this.underWay--
  }

  readMany(...asked: Parameters<FeatureReader['readMany']>): ReturnType<FeatureReader['readMany']> {
    return this.store.readMany(...asked)
  }

  position(...asked: Parameters<FeatureReader['position']>): ReturnType<FeatureReader['position']> {
    return this.store.position(...asked)
  }

  goOn(): void {
    this.opened.resolve()
  }
}

interface Begun {
  readonly ranking: Ranking
  readonly lease: SummingLease
}

const begin = (throughStore: (store: FeatureReader) => FeatureReader = (store) => store): Begun => {
  const { state } = new People().react('post-3', { authorId: 'author-3' })
  const lease = new SummingLease()
  const store = new EmbeddedFeatureStore({
    storeOf: async (name) => state.openStores(name)[0],
    openStores: (name) => state.openStores(name),
    positionOf: () => undefined,
  })
  const ranker = new Ranker({
    scorers: { lease: async () => lease as unknown as Lease, manifests: {} as ScorerPool['manifests'] },
    features: throughStore(store),
    rows: state.rows,
    rankings: new Rankings(RANKING_DEFAULTS, []),
  })
  return { ranking: ranker.begin(aQuery(), viewer), lease }
}

const candidates = (): Candidate[] =>
  Array.from({ length: CANDIDATES }, (_, index) =>
    candidateOf(
      anEntry({
        postId: `post-${index}` as PostId,
        authorId: userId(`author-${index % 9}`),
        publishedAt: later(-60_000 * index),
      }),
      'follow',
    ),
  )

const scoresOf = async (ranking: Ranking, all: readonly Candidate[]): Promise<Float32Array> =>
  (await ranking.scoreLight(all, signal)).slice(0, all.length)

test('what was prepared is scored as if it had come with the rest, and once', async () => {
  const all = candidates()
  const [whole, parts] = [begin(), begin()]
  const expected = await scoresOf(whole.ranking, all)
  expect(new Set(expected).size).toBeGreaterThan(CANDIDATES / 2)
  parts.ranking.prepare(all.slice(0, 600))
  expect(await scoresOf(parts.ranking, all)).toEqual(expected)
  expect(parts.lease.scored).toBe(CANDIDATES)
  parts.ranking.release()
})

test('what has become another candidate since is prepared anew', async () => {
  const all = candidates()
  const [whole, parts] = [begin(), begin()]
  parts.ranking.prepare(all.slice(0, 600))
  all[20]!.source = 'friend'
  expect(await scoresOf(parts.ranking, all)).toEqual(await scoresOf(whole.ranking, all))
  const fewer = begin()
  fewer.ranking.prepare(all.slice(0, 600))
  expect(await scoresOf(fewer.ranking, all.slice(1))).toEqual((await scoresOf(whole.ranking, all)).slice(1))
})

test('a ranking that is given back while rows are awaited begins nothing more, and is free once none is under way', async () => {
  let store: RemoteStore | undefined
  const { ranking, lease } = begin((embedded) => (store = new RemoteStore(embedded)))
  const all = candidates()
  const [early, later] = [new AbortController(), new AbortController()]
  const atRelease = lease.released.then(() => [store!.reads, store!.underWay])
  const passes = [ranking.scoreLight(all, early.signal)]
  await macrotask()
  early.abort()
  passes.push(ranking.scoreHeavy(all.slice(0, 10), later.signal))
  await macrotask()
  later.abort()
  ranking.release()
  await macrotask()
  const before = store!.reads
  expect([before > 0, lease.releases]).toEqual([true, 0])
  store!.goOn()
  await Promise.allSettled(passes)
  const [begun, left] = await atRelease
  expect([left, lease.releases]).toEqual([0, 1])
  for (let turn = 0; turn < 10; turn++) await macrotask()
  expect([store!.reads, lease.releases]).toEqual([begun, 1])
})
