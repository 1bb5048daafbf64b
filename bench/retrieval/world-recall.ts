import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EvaluationRuntime } from '../../cli/evaluate/runtime.ts'
import { systemClock } from '../../cli/runtime/clock.ts'
import { keyOf } from '../../engine/key.ts'
import type { ViewerSide } from '../../models/retrieval/tower-inputs.ts'
import { type TowerExample, TowerLearner } from '../../models/retrieval/tower-learner.ts'
import { DEFAULT_VALUE_MODEL } from '../../models/value-model.ts'
import { tasteWeight } from '../../processors/content/taste-weights.ts'
import { readProfileRow } from '../../processors/profiles.ts'
import { readUserTaste } from '../../processors/user-taste.ts'
import { type Envelope, readEnvelope } from '../../schemas/envelope.ts'
import { DAY_MS, type Millis, millis, type UserId } from '../../schemas/ids.ts'
import type { Post } from '../../schemas/posts/index.ts'
import type { Reaction } from '../../schemas/reactions/index.ts'
import { Driver } from '../../world/driver/driver.ts'
import type { FreshetApi, Published } from '../../world/driver/port.ts'
import { postIdOf } from '../../world/events/journal.ts'
import { Oracle } from '../../world/oracle/rankings.ts'
import { WORLD_DEFAULTS } from '../../world/parameters.ts'
import { TIE } from '../../world/society/ties.ts'
import { World } from '../../world/world.ts'
import { worldWeights } from '../world-weights.ts'
import { type MethodName, Methods } from './methods.ts'
import { PublicPosts } from './public-posts.ts'
import { rounded } from '../rounded.ts'

export interface WorldRecallOptions {
  readonly users: number
  readonly posts: number
  readonly days: number
  readonly seed: number
}

export interface MethodFigures {
  /** Of the last day's reactions to public posts, the share whose post was among the first so many, of all there were. */
  readonly next_at_100: number
  readonly next_at_500: number
  /** What the first 200 posts by strangers are worth to people, of what the best 200 are: by the world's hidden model. */
  readonly worth_of_200: number
  /** Of the best 100 posts by strangers, the share among the first 500. */
  readonly best_100_in_500: number
}

export interface WorldRecall {
  readonly public_posts: number
  readonly learned_from: number
  readonly next_judged: number
  readonly viewers_judged: number
  readonly methods: Readonly<Record<string, MethodFigures>>
}

const FEEDS_PER_USER_DAY = 6
const EPOCHS = 2
const WORTH_AT = 200
const BEST = 100
const BEST_WITHIN = 500

/**
 * People of a world look at the newest posts of whom they know and of strangers, with nobody to rank for them. What
 * they react to is learned; what they react to on the last day is foretold; and the world says what the posts that
 * each method finds would be worth to them. The first favours what is newest, for that is what they are shown.
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
    return await watch.report(world)
  } finally {
    await runtime.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Takes the world's events in, and notes each reaction with what was known before it. */
class Watch implements FreshetApi {
  private readonly runtime: EvaluationRuntime
  private readonly lastDay: number
  private readonly posts = new PublicPosts()
  private readonly examples: TowerExample[] = []
  private readonly methods = new Methods(this.posts)
  private readonly ranks = new Map<MethodName, number[]>()

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
    this.methods.learned(learner.state.parameters)
    await learner.dispose()
  }

  async report(world: World): Promise<WorldRecall> {
    const worth = await this.worthOf(world)
    const figures = (name: MethodName): MethodFigures => {
      const ranks = this.ranks.get(name) ?? []
      const within = (count: number): number =>
        rounded(ranks.filter((rank) => rank < count).length / ranks.length, 3)
      return { next_at_100: within(100), next_at_500: within(500), ...worth.figures(name) }
    }
    return {
      public_posts: this.posts.all.length,
      learned_from: this.examples.length,
      next_judged: this.ranks.values().next().value?.length ?? 0,
      viewers_judged: worth.viewers,
      methods: Object.fromEntries(this.methods.names.map((name) => [name, figures(name)])),
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
    const [first] = told
    if (first === undefined) return
    const sides = await this.sidesOf(
      told.map(({ userId }) => userId!),
      first.at,
    )
    if (first.at < this.lastDay) this.keep(told, sides)
    else await this.judge(told, sides)
  }

  private async sidesOf(userIds: readonly UserId[], at: Millis): Promise<readonly (ViewerSide | null)[]> {
    const keys = userIds.map((userId) => keyOf(userId))
    const tastes = await this.runtime.rows.readMany('user-taste', keys)
    const profiles = await this.runtime.rows.readMany('profiles', keys)
    return keys.map((_, index) => {
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
    await this.methods.asOf(this.runtime.rows, reactions[0]!.at)
    for (const [index, { postId }] of reactions.entries()) {
      const side = sides[index]
      if (!side) continue
      const place = this.posts.placeOf(postId)
      for (const name of this.methods.names) {
        const ranks = this.ranks.get(name) ?? []
        ranks.push(rankOf(this.methods.scores(name, side), place))
        this.ranks.set(name, ranks)
      }
    }
  }

  private async worthOf(world: World): Promise<Worth> {
    const worth = new Worth()
    const { ids } = world.people
    const at = millis(world.now)
    await this.methods.asOf(this.runtime.rows, at)
    const sides = await this.sidesOf(ids as readonly UserId[], at)
    const oracle = new Oracle(world, worldWeights(DEFAULT_VALUE_MODEL))
    for (const [viewer, side] of sides.entries()) {
      if (side === null) continue
      const values = this.valuesOf(world, oracle, viewer)
      for (const name of this.methods.names) worth.add(name, values, this.methods.scores(name, side))
      worth.viewers++
    }
    return worth
  }

  /** By place, what public posts by strangers are worth to a viewer who has not seen them. */
  private valuesOf(world: World, oracle: Oracle, viewer: number): ReadonlyMap<number, number> {
    return world.as(viewer, () => {
      oracle.rank(world.now, 1)
      const values = new Map<number, number>()
      for (let index = 0; index < oracle.count; index++) {
        const post = oracle.posts[index]!
        const place = this.posts.placeOf(postIdOf(post))
        if (place === -1 || world.standpoint.ties[world.posts.author[post]!] !== TIE.stranger) continue
        values.set(place, oracle.values[index]!)
      }
      return values
    })
  }
}

/** What methods find is worth, over all viewers. */
class Worth {
  viewers = 0
  private readonly sums = new Map<MethodName, { worth: number; found: number }>()

  add(name: MethodName, values: ReadonlyMap<number, number>, scores: Float64Array): void {
    const places = [...values.keys()]
    const byValue = places.toSorted((one, other) => values.get(other)! - values.get(one)!)
    const byScore = places.toSorted((one, other) => scores[other]! - scores[one]!)
    const worthOf = (some: readonly number[]): number =>
      some.slice(0, WORTH_AT).reduce((sum, place) => sum + values.get(place)!, 0)
    const within = new Set(byScore.slice(0, BEST_WITHIN))
    const best = byValue.slice(0, BEST)
    const sums = this.sums.get(name) ?? { worth: 0, found: 0 }
    sums.worth += worthOf(byScore) / worthOf(byValue)
    sums.found += best.filter((place) => within.has(place)).length / best.length
    this.sums.set(name, sums)
  }

  figures(name: MethodName): Pick<MethodFigures, 'worth_of_200' | 'best_100_in_500'> {
    const { worth, found } = this.sums.get(name) ?? { worth: 0, found: 0 }
    return {
      worth_of_200: rounded(worth / this.viewers, 3),
      best_100_in_500: rounded(found / this.viewers, 3),
    }
  }
}

/** How many are above it. */
const rankOf = (scores: Float64Array, place: number): number => {
  const own = scores[place]!
  let above = 0
  for (const score of scores) if (score > own) above++
  return above
}
