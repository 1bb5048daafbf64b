import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../cli/runtime/clock.ts'
import { openData } from '../cli/runtime/open.ts'
import { openServing, type Serving } from '../cli/serving/open.ts'
import { Random } from '../engine/driver/random.ts'
import { LightLearner } from '../models/distillation/light-learner.ts'
import { type RankingSample, samplePlaces } from '../models/distillation/ranking-sample.ts'
import { LIGHT_NETWORK } from '../models/rankers.ts'
import { openSession } from '../models/scoring/open-session.ts'
import { DAY_MS } from '../schemas/ids.ts'
import { NO_STAGE_METRICS } from '../serving/pipeline/metrics.ts'
import { PASS_0_KEPT_MAX } from '../serving/quotas.ts'
import { Driver } from '../world/driver/driver.ts'
import { WORLD_DEFAULTS } from '../world/parameters.ts'
import { World } from '../world/world.ts'
import { byScore, keptShares, mean } from './light/kept.ts'
import { LocalApi } from './light/local-api.ts'
import { itemRows, userRow } from './light/tower-rows.ts'
import { type TowerSample, TwoTowers } from './light/two-towers.ts'
import { WholeRanker, type WholeRanking } from './light/whole-ranking.ts'
import { rounded } from './rounded.ts'

export interface LightBenchOptions {
  readonly users: number
  readonly posts: number
  readonly days: number
  readonly seed: number
}

export const LIGHT_BENCH_DEFAULTS: LightBenchOptions = { users: 400, posts: 12_000, days: 4, seed: 1 }

/** Rankings shorter than this keep everything, and tell nothing. */
const CANDIDATES_MIN = 2 * PASS_0_KEPT_MAX
const REQUESTS = 600
/** Of them, the last are judged and not learned from. */
const JUDGED = 150
const SAMPLES_PER_RANKING = 2
const EPOCHS = 12
const FEEDS_PER_USER_DAY = 6

export interface LightBenchResult {
  readonly rankings: number
  readonly candidates_mean: number
  /** Share of the heavy ranker's first 25 that are among the 500 that the light one keeps. */
  readonly kept_prior: number
  readonly kept_trained: number
  /** By two towers instead, which see nothing of viewer and author together, from the same samples. */
  readonly kept_two_towers: number
  /** The same where only 250 are kept. */
  readonly kept_prior_250: number
  readonly kept_trained_250: number
  readonly kept_two_towers_250: number
  readonly heavy: string
}

export const about = 'How much of what the heavy ranker would put first the light one keeps, in a world.'

/** How much of what the heavy ranker would put first the light one keeps, before and after distillation, in a world. */
export const run = async (given: Partial<LightBenchOptions> = {}): Promise<LightBenchResult> => {
  const options = { ...LIGHT_BENCH_DEFAULTS, ...given }
  const directory = await mkdtemp(join(tmpdir(), 'freshet-light-'))
  const { embedded } = await openData({ data: directory, serves: true })
  const serving = await openServing({
    backend: embedded,
    data: directory,
    clock: systemClock,
    metrics: NO_STAGE_METRICS,
  })
  try {
    const rankings = await collect(options, serving, new WholeRanker(embedded, serving), embedded)
    return await judged(rankings, serving, join(directory, 'distilled'))
  } finally {
    await serving.close()
    await embedded.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** A history, and then feeds of the last day, of which some are ranked whole. */
const collect = async (
  { users, posts, days, seed }: LightBenchOptions,
  serving: Serving,
  whole: WholeRanker,
  embedded: ConstructorParameters<typeof LocalApi>[0],
): Promise<WholeRanking[]> => {
  const world = new World({
    ...WORLD_DEFAULTS,
    users,
    seed,
    postsPerUserDay: posts / users / days,
    feedsPerUserDay: FEEDS_PER_USER_DAY,
  })
  const rankings: WholeRanking[] = []
  const random = new Random(seed)
  const share = Math.min(1, (2 * REQUESTS) / (users * FEEDS_PER_USER_DAY))
  const api = new LocalApi(embedded, serving, async (query) => {
    if (rankings.length === REQUESTS || !random.chance(share)) return
    const ranking = await whole.rank(query)
    if (ranking.count >= CANDIDATES_MIN) rankings.push(ranking)
  })
  const driver = new Driver(world, api, { concurrency: 1 })
  await driver.open()
  await driver.history(world.now + (days - 1) * DAY_MS)
  const end = world.now + DAY_MS
  while (world.now < end && rankings.length < REQUESTS) await driver.step(world.now + 10 * 60_000)
  return rankings
}

const judged = async (
  rankings: readonly WholeRanking[],
  serving: Serving,
  root: string,
): Promise<LightBenchResult> => {
  const learnedFrom = rankings.slice(0, -JUDGED)
  const rest = rankings.slice(-JUDGED)
  const random = new Random(1)
  const drawn = learnedFrom.flatMap((ranking) => drawnFrom(ranking, random))
  const samples = drawn.map(sampleOf)
  const learner = await LightLearner.create()
  for (let epoch = 0; epoch < EPOCHS; epoch++) await learner.learn(samples)
  const { directory } = await learner.snapshot(root)
  await learner.dispose()
  const session = await openSession(directory, 'light')
  const trained: WholeRanking[] = []
  for (const ranking of rest) {
    const lightScores = new Float32Array(ranking.count)
    await session.score(ranking.rows, ranking.count, lightScores)
    trained.push({ ...ranking, lightScores })
  }
  await session.dispose()
  const towers = await byTwoTowers(drawn.map(towerSampleOf), rest)
  return {
    rankings: rankings.length,
    candidates_mean: Math.round(mean(rankings.map(({ count }) => count))),
    kept_prior: keptShare(rest, PASS_0_KEPT_MAX),
    kept_trained: keptShare(trained, PASS_0_KEPT_MAX),
    kept_two_towers: keptShare(towers, PASS_0_KEPT_MAX),
    kept_prior_250: keptShare(rest, PASS_0_KEPT_MAX / 2),
    kept_trained_250: keptShare(trained, PASS_0_KEPT_MAX / 2),
    kept_two_towers_250: keptShare(towers, PASS_0_KEPT_MAX / 2),
    heavy: serving.scorers.manifests.heavy.origin,
  }
}

/** Some candidates of a ranking, best first. */
interface Drawn {
  readonly ranking: WholeRanking
  readonly candidates: readonly number[]
  readonly values: Float32Array
  readonly shares: Float32Array
}

const drawnFrom = (ranking: WholeRanking, random: Random): Drawn[] => {
  const order = byScore(ranking.values)
  return Array.from({ length: SAMPLES_PER_RANKING }, () => {
    const { places, shares } = samplePlaces(ranking.count, () => random.next())!
    const candidates = Array.from(places, (place) => order[place]!)
    const values = Float32Array.from(candidates, (candidate) => ranking.values[candidate]!)
    return { ranking, candidates, values, shares }
  })
}

const sampleOf = ({ ranking, candidates, values, shares }: Drawn): RankingSample => {
  const { width } = LIGHT_NETWORK.row
  const rows = new Float32Array(candidates.length * width)
  for (const [row, candidate] of candidates.entries())
    rows.set(ranking.rows.subarray(candidate * width, (candidate + 1) * width), row * width)
  return { rows, values, shares }
}

const towerSampleOf = ({ ranking, candidates, values, shares }: Drawn): TowerSample => ({
  user: userRow(ranking),
  items: itemRows(ranking, candidates),
  values,
  shares,
})

const byTwoTowers = async (
  samples: readonly TowerSample[],
  rankings: readonly WholeRanking[],
): Promise<WholeRanking[]> => {
  const towers = await TwoTowers.create()
  for (let epoch = 0; epoch < EPOCHS; epoch++) await towers.learn(samples)
  const scored: WholeRanking[] = []
  for (const ranking of rankings) {
    const items = itemRows(ranking, [...ranking.values.keys()])
    scored.push({ ...ranking, lightScores: await towers.score(userRow(ranking), items) })
  }
  await towers.dispose()
  return scored
}

const keptShare = (rankings: readonly WholeRanking[], keptMax: number): number =>
  rounded(mean(keptShares(rankings, keptMax)), 4)
