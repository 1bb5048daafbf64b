import { POSTS_PER_FEED_MAX } from '../parameters.ts'
import { TIE } from '../society/ties.ts'
import type { World } from '../world.ts'
import { type CompiledWeights, compiled, type ValueWeights } from '../value-weights.ts'
import { topOf } from './top.ts'

/** Rankings that a served feed is measured by, all of the same eligible posts. */
export const RANKINGS = ['best', 'random', 'recent', 'popular', 'decayed', 'connected'] as const
export type Ranking = (typeof RANKINGS)[number]

/**
 * What feeds are worth to a viewer: the expected value of each post (see ReactionModel), times the chance that its
 * position is looked at. `rank` and `worthOf` need the world's standpoint to be opened for the viewer.
 */
export class Oracle {
  /** Of the last `rank`: what each ranking's slate is worth. */
  readonly worth: Record<Ranking, number> = {
    best: 0,
    random: 0,
    recent: 0,
    popular: 0,
    decayed: 0,
    connected: 0,
  }
  /** Eligible posts of the last `rank`, newest first, and what each is worth when it is looked at. */
  count = 0
  posts = new Int32Array(0)
  values = new Float64Array(0)
  private scores = new Float64Array(0)
  private readonly top = new Int32Array(POSTS_PER_FEED_MAX)
  private readonly world: World
  private readonly weights: CompiledWeights

  constructor(world: World, weights: ValueWeights) {
    this.world = world
    this.weights = compiled(weights)
  }

  /** Works out `worth` of slates of `size` posts (fewer where fewer are eligible), for the opened viewer. */
  rank(at: number, size: number): void {
    const { world, worth } = this
    this.reserve(world.posts.count)
    this.count = world.eligible(at, this.posts)
    for (let index = 0; index < this.count; index++) this.values[index] = this.valueOf(this.posts[index]!, at)
    worth.best = this.bestWorth(size)
    worth.random = this.randomWorth(size)
    worth.recent = this.worthBy(size, () => 0)
    worth.popular = this.worthBy(size, (post) => world.posts.engagements[post]!)
    worth.decayed = this.worthBy(size, (post) => world.posts.decayedEngagements(post, at))
    worth.connected = this.worthBy(size, (post) => (this.isConnected(post) ? 1 : 0))
  }

  /** What it is worth that the opened viewer looks at a post. */
  valueOf(post: number, at: number): number {
    this.world.model.regard(post, at)
    return this.world.model.value(this.weights)
  }

  /** What a slate is worth to the opened viewer; −1 stands for a post that they may not see, which is worth nothing. */
  worthOf(posts: readonly number[], at: number): number {
    const endurance = this.world.endurance()
    let worth = 0
    let lookedAt = 1
    for (const post of posts) {
      if (post !== -1) worth += lookedAt * this.valueOf(post, at)
      lookedAt *= endurance
    }
    return worth
  }

  /** Posts that are worth less than nothing are left out: no ranking of as many posts is worth more. */
  private bestWorth(size: number): number {
    const slate = this.top.subarray(0, size)
    const found = topOf(this.values, this.count, slate)
    return this.sum(found, (place) => Math.max(0, this.values[slate[place]!]!))
  }

  /** The mean over all orders, worked out rather than drawn. */
  private randomWorth(size: number): number {
    let sum = 0
    for (let index = 0; index < this.count; index++) sum += this.values[index]!
    const mean = this.count === 0 ? 0 : sum / this.count
    return this.sum(Math.min(size, this.count), () => mean)
  }

  /** Of equals, the newest first. */
  private worthBy(size: number, scoreOf: (post: number) => number): number {
    for (let index = 0; index < this.count; index++) this.scores[index] = scoreOf(this.posts[index]!)
    const slate = this.top.subarray(0, size)
    const found = topOf(this.scores, this.count, slate)
    return this.sum(found, (place) => this.values[slate[place]!]!)
  }

  private sum(places: number, valueAt: (place: number) => number): number {
    const endurance = this.world.endurance()
    let sum = 0
    let lookedAt = 1
    for (let place = 0; place < places; place++) {
      sum += lookedAt * valueAt(place)
      lookedAt *= endurance
    }
    return sum
  }

  private isConnected(post: number): boolean {
    const { posts, standpoint } = this.world
    return posts.container[post] !== -1 || standpoint.ties[posts.author[post]!] !== TIE.stranger
  }

  private reserve(posts: number): void {
    if (this.posts.length >= posts) return
    const capacity = 2 ** Math.ceil(Math.log2(posts))
    this.posts = new Int32Array(capacity)
    this.values = new Float64Array(capacity)
    this.scores = new Float64Array(capacity)
  }
}
