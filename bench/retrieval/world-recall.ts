import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EvaluationRuntime } from '../../cli/evaluate/runtime.ts'
import { systemClock } from '../../cli/runtime/clock.ts'
import { keyOf } from '../../engine/key.ts'
import { readViewer, TOWER_INPUTS, type ViewerSide } from '../../models/retrieval/tower-inputs.ts'
import { type TowerExample, TowerLearner } from '../../models/retrieval/tower-learner.ts'
import { priorTowers, towerVector } from '../../models/retrieval/towers.ts'
import { ITEM_DIMENSIONS } from '../../models/retrieval/vector-index.ts'
import { tasteWeight } from '../../processors/content/taste-weights.ts'
import { readProfileRow } from '../../processors/profiles.ts'
import { readUserTaste } from '../../processors/user-taste.ts'
import { type Envelope, readEnvelope } from '../../schemas/envelope.ts'
import { DAY_MS, type Millis } from '../../schemas/ids.ts'
import type { Post } from '../../schemas/posts/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { Driver } from '../../world/driver/driver.ts'
import type { FreshetApi, Published } from '../../world/driver/port.ts'
import { WORLD_DEFAULTS } from '../../world/parameters.ts'
import { World } from '../../world/world.ts'
import { PublicPosts } from './public-posts.ts'

export interface WorldRecallOptions {
  readonly users: number
  readonly posts: number
  readonly days: number
  readonly seed: number
}

/** Shares of the last day's reactions whose post a method has among its first so many. */
export interface RecallFigures {
  readonly at_100: number
  readonly at_200: number
  readonly at_500: number
}

export interface WorldRecall {
  readonly public_posts: number
  readonly learned_from: number
  readonly judged: number
  readonly trained: RecallFigures
  readonly prior: RecallFigures
  readonly popularity: RecallFigures
  readonly newest: RecallFigures
}

const FEEDS_PER_USER_DAY = 6
const CUTS = [100, 200, 500] as const
const EPOCHS = 2

/**
 * People of a world look at the newest posts of whom they know and of strangers, with nobody to rank for them; what
 * they react to is learned day by day, and what they react to on the last day foretold before it happens: of all
 * public posts published by then, how near the front is the one?
 */
export const worldRecall = async (options: WorldRecallOptions): Promise<WorldRecall> => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-retrieval-'))
  const runtime = await EvaluationRuntime.open(directory, systemClock)
  try {
    const { users, posts, days, seed } = options
    const world = new World({
      ...WORLD_DEFAULTS,
      users,
      seed,
      postsPerUserDay: posts / users / days,
      feedsPerUserDay: FEEDS_PER_USER_DAY,
    })
    const lastDay = world.now + (days - 1) * DAY_MS
    const watch = new Watch(runtime, lastDay)
    const driver = new Driver(world, watch)
    await driver.open()
    await driver.history(lastDay)
    await watch.learn()
    await driver.history(lastDay + DAY_MS)
    return watch.report()
  } finally {
    await runtime.close()
    await rm(directory, { recursive: true, force: true })
  }
}

type Ranks = Record<'trained' | 'prior' | 'popularity' | 'newest', number[]>

/** Takes the world's events in, and notes each reaction with what was known before it. */
class Watch implements FreshetApi {
  private readonly runtime: EvaluationRuntime
  private readonly lastDay: number
  private readonly posts = new PublicPosts()
  private readonly examples: TowerExample[] = []
  private readonly ranks: Ranks = { trained: [], prior: [], popularity: [], newest: [] }
  private towers = priorTowers()

  constructor(runtime: EvaluationRuntime, lastDay: number) {
    this.runtime = runtime
    this.lastDay = lastDay
  }

  async publish(lines: readonly string[]): Promise<Published> {
    const events = lines.map((line) => readEnvelope(Buffer.from(line)))
    await this.runtime.settle()
    await this.note(events)
    for (const event of events) await this.runtime.add(event)
    for (const { contract, value } of events) if (contract.topic === 'posts') this.posts.note(value as Post)
    return { accepted: lines.length, refused: [] }
  }

  settled(): Promise<void> {
    return this.runtime.settle()
  }

  feed(): never {
    throw new Error('nobody asks for a feed in a history')
  }

  async learn(): Promise<void> {
    const learner = await TowerLearner.create()
    for (let epoch = 0; epoch < EPOCHS; epoch++) await learner.learn(this.examples)
    this.towers = learner.state.parameters
    await learner.dispose()
  }

  report(): WorldRecall {
    const figures = (ranks: readonly number[]): RecallFigures => {
      const [at_100, at_200, at_500] = CUTS.map((cut) =>
        rounded(ranks.filter((rank) => rank < cut).length / ranks.length),
      )
      return { at_100: at_100!, at_200: at_200!, at_500: at_500! }
    }
    const { trained, prior, popularity, newest } = this.ranks
    return {
      public_posts: this.posts.all.length,
      learned_from: this.examples.length,
      judged: trained.length,
      trained: figures(trained),
      prior: figures(prior),
      popularity: figures(popularity),
      newest: figures(newest),
    }
  }

  private async note(events: readonly Envelope[]): Promise<void> {
    const reactions = new Map<string, Reaction>()
    for (const { contract, value } of events) {
      if (contract.topic !== 'reactions') continue
      const reaction = value as Reaction
      if (reaction.userId === null || tasteWeight(reaction) <= 0) continue
      reactions.set(`${reaction.userId} ${reaction.postId}`, reaction)
    }
    const told = [...reactions.values()].filter(({ postId }) => this.posts.placeOf(postId) !== -1)
    const sides = await this.sidesOf(told)
    const isJudged = told[0] !== undefined && told[0].at >= this.lastDay
    if (isJudged) await this.judge(told, sides)
    else this.keep(told, sides)
  }

  private async sidesOf(reactions: readonly Reaction[]): Promise<readonly (ViewerSide | null)[]> {
    const keys = reactions.map(({ userId }) => keyOf(userId!))
    const tastes = await this.runtime.rows.readMany('user-taste', keys)
    const profiles = await this.runtime.rows.readMany('profiles', keys)
    return reactions.map(({ at }, index) => {
      const row = tastes[index]
      const taste = row === undefined ? null : readUserTaste(row, at)
      const profile = profiles[index] === undefined ? null : readProfileRow(profiles[index])
      return taste && { taste: taste.direction, language: profile?.language ?? null }
    })
  }

  private keep(reactions: readonly Reaction[], sides: readonly (ViewerSide | null)[]): void {
    for (const [index, reaction] of reactions.entries()) {
      const viewer = sides[index]
      if (!viewer) continue
      const { postId } = reaction
      const item = this.posts.itemAt(this.posts.placeOf(postId))
      this.examples.push({ viewer, postId, item, weight: tasteWeight(reaction) })
    }
  }

  private async judge(reactions: readonly Reaction[], sides: readonly (ViewerSide | null)[]): Promise<void> {
    const known = this.posts.all.length
    const byTowers = { trained: this.posts.vectors(this.towers), prior: this.posts.vectors(PRIOR) }
    const popular = await this.posts.popularities(this.runtime.rows, reactions[0]!.at as Millis)
    const scores = new Float64Array(known)
    for (const [index, { postId }] of reactions.entries()) {
      const side = sides[index]
      if (!side) continue
      const place = this.posts.placeOf(postId)
      for (const method of ['trained', 'prior'] as const) {
        products(method === 'trained' ? this.towers : PRIOR, side, byTowers[method], scores)
        this.ranks[method].push(rankOf(scores, place))
      }
      this.ranks.popularity.push(rankOf(popular, place))
      this.ranks.newest.push(known - 1 - place)
    }
  }
}

const PRIOR = priorTowers()
const row = new Float32Array(TOWER_INPUTS)
const vector = new Float32Array(ITEM_DIMENSIONS)

const products = (towers: Float32Array, side: ViewerSide, items: Float32Array, into: Float64Array): void => {
  readViewer(side, row, 0)
  towerVector(towers, 'viewer', row, vector)
  for (let place = 0; place < into.length; place++) {
    let product = 0
    for (let index = 0; index < ITEM_DIMENSIONS; index++) {
      product += vector[index]! * items[place * ITEM_DIMENSIONS + index]!
    }
    into[place] = product
  }
}

/** How many are above it. */
const rankOf = (scores: Float64Array, place: number): number => {
  const own = scores[place]!
  let above = 0
  for (const score of scores) if (score > own) above++
  return above
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000
