import { expect, test } from 'vitest'
import { EmbeddedFeatureStore } from '../../../features/store/embedded.ts'
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
    expect(isEnd(this.light.filled[0]!)).toBe(true)
  }
}

const begin = (): { readonly ranking: Ranking; readonly lease: SummingLease } => {
  const { state } = new People().react('post-3', { authorId: 'author-3' })
  const lease = new SummingLease()
  const ranker = new Ranker({
    scorers: { lease: async () => lease as unknown as Lease, manifests: {} as ScorerPool['manifests'] },
    features: new EmbeddedFeatureStore({
      storeOf: async (store) => state.openStores(store)[0],
      openStores: (store) => state.openStores(store),
      positionOf: () => undefined,
    }),
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
