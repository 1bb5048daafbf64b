import type { Clock } from '../engine/clock.ts'
import { chronologicalFeed } from '../world/driver/history.ts'
import { postIdOf } from '../world/events/journal.ts'
import type { FreshetApi, Published, ServedFeed } from '../world/driver/port.ts'
import type { World } from '../world/world.ts'

/** A server that keeps nothing and serves what is newest, to measure a world by itself. */
export class NullApi implements FreshetApi {
  /** Time spent on choosing posts, which is not the world's own. */
  servingMs = 0
  private readonly world: World
  private readonly clock: Clock
  private readonly viewers: ReadonlyMap<string, number>
  private requests = 0

  constructor(world: World, clock: Clock) {
    this.world = world
    this.clock = clock
    this.viewers = new Map(world.people.ids.map((id, viewer) => [id, viewer]))
  }

  publish(lines: readonly string[]): Promise<Published> {
    return Promise.resolve({ accepted: lines.length, refused: [] })
  }

  settled(): Promise<void> {
    return Promise.resolve()
  }

  feed(userId: string, _asOf: number, limit: number): Promise<ServedFeed> {
    const started = this.clock.monotonicMs()
    const { world } = this
    const posts = world.as(this.viewers.get(userId)!, () => chronologicalFeed(world, limit))
    const items = posts.map((post, position) => ({
      postId: postIdOf(post),
      authorId: world.people.ids[world.posts.author[post]!]!,
      position,
    }))
    this.servingMs += this.clock.monotonicMs() - started
    return Promise.resolve({ requestId: `request-${this.requests++}`, items })
  }
}
