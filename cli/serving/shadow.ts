import { SHADOW_SHARE } from '../../models/registry/record.ts'
import type { ModelRegistry } from '../../models/registry/registry.ts'
import { ScorerPool } from '../../models/scoring/pool.ts'
import { FEED_LIMIT_MAX } from '../../serving/query.ts'
import type { ShadowScoring } from '../../serving/shadow/shadow-scoring.ts'

/** The light model of the pool is never asked. */
const LIGHT_ROWS = 1

interface Used {
  readonly version: string
  readonly share: number
}

export interface ShadowParts {
  readonly registry: ModelRegistry
  readonly shadow: ShadowScoring
  readonly failed: (error: unknown) => void
}

/** Keeps a scorer's thread for the snapshot that shadows the heavy ranker, as long as there is one. */
export class ShadowFollower {
  private readonly parts: ShadowParts
  private pool: ScorerPool | null = null
  /** What is in use, or could not be. */
  private used: Used | null = null

  constructor(parts: ShadowParts) {
    this.parts = parts
  }

  /** Takes up what shadows by now. */
  async check(): Promise<void> {
    const { registry, failed } = this.parts
    const record = await registry.shadow('heavy')
    const next = record && { version: record.version, share: record.shadowing?.share ?? SHADOW_SHARE }
    if (next?.version === this.used?.version && next?.share === this.used?.share) return
    await this.close()
    this.used = next
    if (record === null || next === null) return
    try {
      await this.open(registry.directoryOf(record), next.share)
    } catch (error) {
      failed(error)
    }
  }

  async close(): Promise<void> {
    const { shadow } = this.parts
    shadow.use(null)
    await shadow.settled()
    await this.pool?.close()
    this.pool = null
  }

  private async open(heavy: string, share: number): Promise<void> {
    const { registry, shadow } = this.parts
    const light = (await registry.live('light'))!
    this.pool = await ScorerPool.open({
      workers: 1,
      leases: 1,
      rowsMax: { heavy: FEED_LIMIT_MAX, light: LIGHT_ROWS },
      heavy,
      light: registry.directoryOf(light),
    })
    shadow.use(this.pool, share)
  }
}
