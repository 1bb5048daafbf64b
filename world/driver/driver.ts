import { MINUTE_MS } from '../../schemas/ids.ts'
import type { FeedWitness } from '../oracle/witness.ts'
import { POSTS_PER_FEED_MAX } from '../parameters.ts'
import type { Visitor, World } from '../world.ts'
import { chronologicalFeed } from './history.ts'
import type { FreshetApi, ServedFeed } from './port.ts'

export interface DriverOptions {
  /** Simulated time from one round of feeds to the next. */
  readonly stepMs: number
  /** Posts a feed, 1 to `POSTS_PER_FEED_MAX`. */
  readonly limit: number
  /** Feeds that are asked for at once. */
  readonly concurrency: number
  /** Events sent in one request. */
  readonly eventsPerRequest: number
}

export const DRIVER_DEFAULTS: DriverOptions = {
  stepMs: 10 * MINUTE_MS,
  limit: 20,
  concurrency: 8,
  eventsPerRequest: 5_000,
}

/** An event of the world's was refused: the world and the contracts disagree, which is a fault of one of them. */
export class EventsRefused extends Error {
  constructor(count: number, first: string) {
    super(`${count} events of the world were refused; the first: ${first}`)
    this.name = 'EventsRefused'
  }
}

/** Runs a world over Freshet's API. One call at a time. */
export class Driver {
  readonly world: World
  /** Events published so far. */
  events = 0
  private readonly api: FreshetApi
  private readonly options: DriverOptions
  private pending: string[] = []

  constructor(world: World, api: FreshetApi, options: Partial<DriverOptions> = {}) {
    this.world = world
    this.api = api
    this.options = { ...DRIVER_DEFAULTS, ...options }
    if (!(this.options.limit >= 1 && this.options.limit <= POSTS_PER_FEED_MAX))
      throw new RangeError(`limit: ${this.options.limit} is not from 1 to ${POSTS_PER_FEED_MAX}`)
  }

  /** Publishes how the world came to be. To be called first. */
  async open(): Promise<void> {
    await this.publish(this.world.opening())
  }

  /** Fills the time up to `until` without asking for feeds: people look at what those close to them posted. */
  async history(until: number): Promise<void> {
    const { world, options } = this
    while (world.now < until) {
      this.pending.push(...world.advance(Math.min(until, world.now + options.stepMs)))
      for (const visitor of world.visitors()) {
        const posts = world.as(visitor.viewer, () => chronologicalFeed(world, options.limit))
        world.look(visitor, posts, null)
      }
      if (this.pending.length >= options.eventsPerRequest) await this.flush()
    }
    await this.flush()
    await this.api.settled()
  }

  /** Lets people load their feeds from the API, step by step, up to `until`. */
  async run(until: number, witness?: FeedWitness, onStep: () => void = () => undefined): Promise<void> {
    while (this.world.now < until) {
      await this.step(Math.min(until, this.world.now + this.options.stepMs), witness)
      onStep()
    }
  }

  /**
   * One step: what happens before `until` is published, and visible before those who come load their feeds, all as
   * of `until`. Feeds are taken in in the order of visitors, so that the outcome does not hang on who was answered
   * first.
   */
  async step(until: number, witness?: FeedWitness): Promise<void> {
    await this.publish(this.world.advance(until))
    await this.api.settled()
    const visitors = this.world.visitors()
    const feeds = await this.feedsFor(visitors)
    for (const [index, visitor] of visitors.entries()) this.show(visitor, feeds[index]!, witness)
  }

  private async feedsFor(visitors: readonly Visitor[]): Promise<readonly ServedFeed[]> {
    const { world, options } = this
    const feeds: ServedFeed[] = []
    let next = 0
    const askOn = async (): Promise<void> => {
      while (next < visitors.length) {
        const index = next++
        feeds[index] = await this.api.feed(visitors[index]!.userId, world.now, options.limit)
      }
    }
    await Promise.all(Array.from({ length: Math.min(options.concurrency, visitors.length) }, askOn))
    return feeds
  }

  private show(visitor: Visitor, feed: ServedFeed, witness: FeedWitness | undefined): void {
    const { world } = this
    const posts = world.as(visitor.viewer, () => {
      const others = feed.items.filter(({ postId }) => !world.isOwn(postId))
      const served = others.map(({ postId }) => world.visiblePost(postId))
      witness?.served(visitor, served)
      for (const [place, post] of served.entries())
        if (post === -1) witness?.forbidden?.(visitor, others[place]!.postId)
      return served.filter((post) => post !== -1)
    })
    world.look(visitor, posts, feed.requestId, witness)
  }

  private async publish(lines: readonly string[]): Promise<void> {
    this.pending.push(...lines)
    await this.flush()
  }

  private async flush(): Promise<void> {
    const { pending } = this
    this.pending = []
    for (let sent = 0; sent < pending.length; sent += this.options.eventsPerRequest) {
      const lines = pending.slice(sent, sent + this.options.eventsPerRequest)
      const { accepted, refused } = await this.api.publish(lines)
      if (refused.length > 0) throw new EventsRefused(refused.length, refused[0]!)
      this.events += accepted
    }
  }
}
