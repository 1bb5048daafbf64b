import type { RegisteredModel } from './record.ts'
import type { ModelRegistry } from './registry.ts'

export interface FollowerParts {
  readonly registry: Pick<ModelRegistry, 'live' | 'directoryOf'>
  /** Told why a live snapshot could not be served; what served before goes on. */
  readonly failed: (model: RegisteredModel, error: unknown) => void
}

/** What serves a model. */
export interface Served {
  /** In use from the start. */
  readonly version: string
  /** Serves another snapshot from now on. Requests under way end with what they began with. */
  swap(directory: string): Promise<unknown>
}

interface Followed extends Served {
  /** What was swapped in last, or failed and is not tried again and again. */
  version: string
}

/** Lets what serves models serve what goes live in the registry. */
export class RegistryFollower {
  private readonly parts: FollowerParts
  private readonly followed = new Map<RegisteredModel, Followed>()

  constructor(parts: FollowerParts) {
    this.parts = parts
  }

  /** From now on a model is served by it. */
  serve(model: RegisteredModel, served: Served): void {
    this.followed.set(model, { version: served.version, swap: (directory) => served.swap(directory) })
  }

  /** Swaps in what has gone live since. */
  async check(): Promise<void> {
    for (const [model, followed] of this.followed) await this.follow(model, followed)
  }

  private async follow(model: RegisteredModel, followed: Followed): Promise<void> {
    const { registry, failed } = this.parts
    try {
      const live = await registry.live(model)
      if (live === null || live.version === followed.version) return
      followed.version = live.version
      await followed.swap(registry.directoryOf(live))
    } catch (error) {
      failed(model, error)
    }
  }
}
