import { beforeAll, expect, test } from 'vitest'
import { Random } from '../../../engine/driver/random.ts'
import { EmbeddedFeatureStore } from '../../../features/store/embedded.ts'
import { newMatrices } from '../../../models/scoring/matrices.ts'
import type { Matrix } from '../../../models/scoring/types.ts'
import { millis, type PostId, type UserId } from '../../../schemas/ids.ts'
import { type Candidate, candidateOf, SOURCES } from '../../../serving/candidate.ts'
import { LIGHT_RUN, RowWork } from '../../../serving/rows/row-work.ts'
import type { RowRequest } from '../../../serving/rows/view-keys.ts'
import { ViewerDraft } from '../../../serving/viewer-draft.ts'
import { hashtag, T0, userId } from '../../processors/events.ts'
import { aQuery } from '../feeds.ts'
import { People } from '../people.ts'

const VIEWER = userId('ada')
const CANDIDATES = 2 * LIGHT_RUN + 100
const SURVIVORS = 300
const AUTHORS = 40
const REACTIONS = 300

const people = new People()
const random = new Random(3)
const author = (index: number): UserId => userId(`author-${index % AUTHORS}`)

beforeAll(() => {
  for (let event = 0; event < REACTIONS; event++) {
    const index = random.below(CANDIDATES)
    people.react(`post-${index}`, { userId: random.below(2) === 0 ? VIEWER : 'bea', authorId: author(index) })
  }
})

const candidate = (_: unknown, index: number): Candidate => ({
  ...candidateOf(
    {
      postId: `post-${index}` as PostId,
      authorId: author(index),
      publishedAt: millis(T0 - 1_000 * index),
      kind: 'photo',
      audience: 'public',
      containerId: null,
      language: null,
    },
    SOURCES[index % SOURCES.length]!,
  ),
  content: {
    hashtags: [hashtag(`tag${index % 7}`)],
    mentions: [],
    textLength: 0,
  },
})

const rowWork = (): RowWork => {
  const { state } = people
  const features = new EmbeddedFeatureStore({
    storeOf: async (store) => state.openStores(store)[0],
    openStores: (store) => state.openStores(store),
    positionOf: () => undefined,
  })
  return new RowWork(features, state.rows)
}

const request: RowRequest = {
  query: aQuery({ userId: VIEWER }),
  viewer: new ViewerDraft(VIEWER),
}

const rowOf = ({ rows, width }: Matrix, row: number): Float32Array =>
  rows.slice(row * width, (row + 1) * width)

test('rows of many candidates, filled run after run, are those of each candidate filled alone', async () => {
  const candidates = Array.from({ length: CANDIDATES }, candidate)
  const work = rowWork()
  const { light, heavy } = newMatrices({ light: CANDIDATES, heavy: SURVIVORS })
  const runs: [model: string, rows: number][] = []
  await work.light(candidates, request, light, (rows) => runs.push(['light', rows]))
  const places = Uint32Array.from({ length: SURVIVORS }, () => random.below(CANDIDATES))
  const survivors = [...places].map((place) => candidates[place]!)
  work.keep(survivors, places)
  await work.heavy(survivors, request, heavy, (rows) => runs.push(['heavy', rows]))
  expect(runs).toEqual([
    ['light', 512],
    ['light', 1024],
    ['light', 1124],
    ['heavy', 128],
    ['heavy', 256],
    ['heavy', 300],
  ])

  const alone = rowWork()
  const one = newMatrices({ light: 1, heavy: 1 })
  const ignore = (): void => undefined
  let different = 0
  for (const [row, each] of candidates.entries()) {
    await alone.light([each], request, one.light, ignore)
    expect(rowOf(light, row)).toEqual(rowOf(one.light, 0))
    if (row > 0 && !Buffer.from(rowOf(light, row).buffer).equals(Buffer.from(rowOf(light, row - 1).buffer))) {
      different++
    }
  }
  expect(different).toBeGreaterThan(CANDIDATES / 2)
  for (const [row, each] of survivors.entries()) {
    await alone.heavy([each], request, one.heavy, ignore)
    expect(rowOf(heavy, row)).toEqual(rowOf(one.heavy, 0))
  }
})
