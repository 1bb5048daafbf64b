import { rm } from 'node:fs/promises'
import type { Clock } from '../../engine/clock.ts'
import type { ScorerPool } from '../../models/scoring/pool.ts'
import { MINUTE_MS } from '../../schemas/ids.ts'
import { SlidingSamples } from '../live/sliding-samples.ts'

const LATENCY_WINDOW_MS = 10 * MINUTE_MS
const LATENCY_SAMPLES_MAX = 16_384

/** Takes snapshots into service as they are offered, and says how soon after what people did. */
export class ServedSnapshots {
  /** Snapshots taken into service. */
  count = 0
  private readonly scorers: Pick<ScorerPool, 'swap'>
  private readonly clock: Clock
  private readonly latency = new SlidingSamples(LATENCY_WINDOW_MS, LATENCY_SAMPLES_MAX)
  private last: string | undefined

  constructor(scorers: Pick<ScorerPool, 'swap'>, clock: Clock) {
    this.scorers = scorers
    this.clock = clock
  }

  /** `labelTimes` are of what it learned and the one before had not. Throws `SNAPSHOT_…`: then the one before serves on. */
  async take(directory: string, labelTimes: readonly number[]): Promise<void> {
    await this.scorers.swap('heavy', directory)
    this.count++
    const now = this.clock.now()
    for (const at of labelTimes) this.latency.add(now - at, now)
    if (this.last !== undefined && this.last !== directory)
      await rm(this.last, { recursive: true, force: true })
    this.last = directory
  }

  /** Milliseconds from what people did to a model that learned it and serves, of the last ten minutes; null without any. */
  reactionToModelMs(): readonly [p50: number | null, p99: number | null] {
    const [p50, p99] = this.latency.quantiles([0.5, 0.99], this.clock.now())
    return [p50 ?? null, p99 ?? null]
  }
}
