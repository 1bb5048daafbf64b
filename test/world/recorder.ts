import { DAY_MS } from '../../schemas/ids.ts'
import { chronologicalFeed } from '../../world/driver/history.ts'
import { Driver, type DriverOptions } from '../../world/driver/driver.ts'
import type { FreshetApi, Published, ServedFeed } from '../../world/driver/port.ts'
import { postIdOf } from '../../world/events/journal.ts'
import { WORLD_DEFAULTS, type WorldParameters } from '../../world/parameters.ts'
import { World } from '../../world/world.ts'

export const START = WORLD_DEFAULTS.startAt

export const makeWorld = (parameters: Partial<WorldParameters> = {}): World =>
  new World({ ...WORLD_DEFAULTS, users: 60, ...parameters })

/** Chooses the posts of a feed, from the viewer's standpoint, which is open. */
export type Ranker = (world: World, limit: number) => readonly number[]

/** A feed, to whom, and when. */
export interface RecordedFeed extends ServedFeed {
  readonly userId: string
  readonly at: number
}

/** An API that keeps what it is sent, and serves what a ranker chooses. */
export class Recorder implements FreshetApi {
  readonly lines: string[] = []
  readonly served: RecordedFeed[] = []
  /** What was asked of it, in order. */
  readonly calls: string[] = []
  private readonly world: World
  private readonly ranker: Ranker

  constructor(world: World, ranker: Ranker = chronologicalFeed) {
    this.world = world
    this.ranker = ranker
  }

  get feeds(): number {
    return this.served.length
  }

  publish(lines: readonly string[]): Promise<Published> {
    this.calls.push('publish')
    this.lines.push(...lines)
    return Promise.resolve({ accepted: lines.length, refused: [] })
  }

  settled(): Promise<void> {
    this.calls.push('settled')
    return Promise.resolve()
  }

  feed(userId: string, at: number, limit: number): Promise<ServedFeed> {
    this.calls.push('feed')
    const { world } = this
    const posts = world.as(world.people.ids.indexOf(userId), () => this.ranker(world, limit))
    const items = posts.map((post, position) => ({
      postId: postIdOf(post),
      authorId: world.people.ids[world.posts.author[post]!]!,
      position,
    }))
    const feed = { requestId: `request-${userId}-${this.feeds}`, items }
    this.served.push({ userId, at, ...feed })
    return Promise.resolve(feed)
  }
}

export interface LivedOptions {
  readonly days?: number
  readonly ranker?: Ranker
  readonly driver?: Partial<DriverOptions>
}

/** A world that lived some days of history, and everything it published meanwhile. */
export const lived = async (
  parameters: Partial<WorldParameters> = {},
  { days = 2, ranker, driver: options }: LivedOptions = {},
): Promise<{ readonly world: World; readonly recorder: Recorder; readonly driver: Driver }> => {
  const world = makeWorld(parameters)
  const recorder = new Recorder(world, ranker)
  const driver = new Driver(world, recorder, options)
  await driver.open()
  await driver.history(world.now + days * DAY_MS)
  return { world, recorder, driver }
}

export interface PublishedEvent {
  readonly topic: string
  readonly value: Readonly<Record<string, unknown>> & { readonly eventId: string; readonly at: number }
}

export const parsed = (lines: readonly string[]): readonly PublishedEvent[] =>
  lines.map((line) => JSON.parse(line) as PublishedEvent)
