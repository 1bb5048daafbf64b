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

/** Lets scorers serve what the registry says is live. Requests under way end with what they began with. */
export class RegistryFollower {
  private readonly parts: FollowerParts
  private checking: Promise<void> | undefined
  /** By model: the version that failed, not to be tried again and again. */
  private readonly broken = new Map<ModelName, string>()

  constructor(parts: FollowerParts) {
    this.parts = parts
  }

  /** Swaps in what has gone live since; at once for one call at a time, later calls wait for the one under way. */
  async check(): Promise<void> {
    while (this.checking !== undefined) await this.checking
    this.checking = this.checkNow()
    try {
      await this.checking
    } finally {
      this.checking = undefined
    }
  }

  private async checkNow(): Promise<void> {
    for (const model of MODELS) await this.follow(model)
  }

  private async follow(model: ModelName): Promise<void> {
    const { registry, scorers, failed } = this.parts
    try {
      const live = await registry.live(model)
      if (live === null || live.version === scorers.manifests[model].version) return
      if (live.version === this.broken.get(model)) return
      this.broken.set(model, live.version)
      await scorers.swap(model, registry.directoryOf(live))
      this.broken.delete(model)
    } catch (error) {
      failed(model, error)
    }
  }
}
