import type { Clock } from '../../engine/clock.ts'
import type { ModelRecord, RegisteredModel } from './record.ts'
import type { ModelRegistry } from './registry.ts'

export interface FollowerParts {
  readonly registry: Pick<ModelRegistry, 'live' | 'directoryOf'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Told why a live snapshot could not be served, each time; what served before goes on. */
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
  /** What was swapped in last, or is being. */
  version: string
  failure: Failure | null
}

/** A live version that could not be swapped in. */
interface Failure {
  readonly version: string
  readonly pauseMs: number
  /** Monotonic. */
  readonly againAtMs: number
}

/** Until a swap that failed is tried again; twice as long after each that follows. */
const PAUSE_MS = 1_000
const PAUSE_MS_MAX = 30_000

/** Lets what serves models serve what goes live in the registry. */
export class RegistryFollower {
  private readonly parts: FollowerParts
  private readonly followed = new Map<RegisteredModel, Followed>()

  constructor(parts: FollowerParts) {
    this.parts = parts
  }

  /** From now on a model is served by it. */
  serve(model: RegisteredModel, served: Served): void {
    const swap = (directory: string): Promise<unknown> => served.swap(directory)
    this.followed.set(model, { version: served.version, swap, failure: null })
  }

  /**
   * Swaps in what has gone live since. What fails is tried again, with pauses that grow up to 30 s: it may have been
   * the disk, and nothing else need go live for long.
   */
  async check(): Promise<void> {
    for (const [model, followed] of this.followed) await this.follow(model, followed)
  }

  private async follow(model: RegisteredModel, followed: Followed): Promise<void> {
    const { registry, failed } = this.parts
    try {
      const live = await registry.live(model)
      if (live === null) return
      if (live.version === followed.version) followed.failure = null
      else if (!this.isPaused(followed, live)) await this.swap(followed, live)
    } catch (error) {
      failed(model, error)
    }
  }

  private isPaused({ failure }: Followed, { version }: ModelRecord): boolean {
    return failure?.version === version && this.parts.clock.monotonicMs() < failure.againAtMs
  }

  private async swap(followed: Followed, live: ModelRecord): Promise<void> {
    const { version } = followed
    // Before it is: of those who look meanwhile none swaps it too.
    followed.version = live.version
    try {
      await followed.swap(this.parts.registry.directoryOf(live))
    } catch (error) {
      if (followed.version === live.version) followed.version = version
      followed.failure = this.failureOf(live, followed.failure)
      throw error
    }
  }

  private failureOf({ version }: ModelRecord, last: Failure | null): Failure {
    const pauseMs = last?.version === version ? Math.min(PAUSE_MS_MAX, 2 * last.pauseMs) : PAUSE_MS
    return { version, pauseMs, againAtMs: this.parts.clock.monotonicMs() + pauseMs }
  }
}
