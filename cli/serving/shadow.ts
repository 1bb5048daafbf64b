import type { ModelRegistry } from '../../models/registry/registry.ts'
import { ScorerPool } from '../../models/scoring/pool.ts'
import { FEED_LIMIT_MAX } from '../../serving/query.ts'
import type { ShadowScoring } from '../../serving/shadow/shadow-scoring.ts'

/** The light model of the pool is never asked. */
const LIGHT_ROWS = 1

export interface ShadowParts {
  readonly registry: ModelRegistry
  readonly shadow: ShadowScoring
  readonly failed: (error: unknown) => void
}

/** Keeps a scorer's thread for the snapshot that shadows the heavy ranker, as long as there is one. */
export class ShadowFollower {
  private readonly parts: ShadowParts
  private pool: ScorerPool | null = null
  /** The version that is in use, or could not be. */
  private version: string | null = null

  constructor(parts: ShadowParts) {
    this.parts = parts
  }

  /** Takes up what shadows by now. */
  async check(): Promise<void> {
    const { registry, failed } = this.parts
    const record = await registry.shadow('heavy')
    if ((record?.version ?? null) === this.version) return
    await this.close()
    this.version = record?.version ?? null
    if (record === null) return
    try {
      await this.open(registry.directoryOf(record))
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

  private async open(heavy: string): Promise<void> {
    const { registry, shadow } = this.parts
    const light = (await registry.live('light'))!
    this.pool = await ScorerPool.open({
      workers: 1,
      leases: 1,
      rowsMax: { heavy: FEED_LIMIT_MAX, light: LIGHT_ROWS },
      heavy,
      light: registry.directoryOf(light),
    })
    shadow.use(this.pool)
  }
}
