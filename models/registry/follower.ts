import type { ScorerPool } from '../scoring/pool.ts'
import { MODELS, type ModelName } from '../snapshot/manifest.ts'
import type { ModelRegistry } from './registry.ts'

/** What is swapped; a part of a pool of scorers. */
export type Swapped = Pick<ScorerPool, 'manifests' | 'swap'>

export interface FollowerParts {
  readonly registry: ModelRegistry
  readonly scorers: Swapped
  /** Told why a live snapshot could not be served; what served before goes on. */
  readonly failed: (model: ModelName, error: unknown) => void
}

/** Lets scorers serve what goes live in the registry. Requests under way end with what they began with. */
export class RegistryFollower {
  private readonly parts: FollowerParts
  /** By model: the version that was swapped in last, or failed and is not tried again and again. */
  private readonly followed: Map<ModelName, string>

  constructor(parts: FollowerParts) {
    this.parts = parts
    this.followed = new Map(MODELS.map((model) => [model, parts.scorers.manifests[model].version]))
  }

  /** Swaps in what has gone live since. */
  async check(): Promise<void> {
    for (const model of MODELS) await this.follow(model)
  }

  private async follow(model: ModelName): Promise<void> {
    const { registry, scorers, failed } = this.parts
    try {
      const live = await registry.live(model)
      if (live === null || live.version === this.followed.get(model)) return
      this.followed.set(model, live.version)
      await scorers.swap(model, registry.directoryOf(live))
    } catch (error) {
      failed(model, error)
    }
  }
}
