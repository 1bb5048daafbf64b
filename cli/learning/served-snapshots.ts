import type { Clock } from '../../engine/clock.ts'
import { MINUTE_MS } from '../../schemas/ids.ts'
import { SlidingSamples } from '../live/sliding-samples.ts'
import type { ServedModels } from '../serving/models.ts'
import type { Offered } from './messages.ts'

const LATENCY_WINDOW_MS = 10 * MINUTE_MS
const LATENCY_SAMPLES_MAX = 16_384

/** Serves what the gate let pass, and says how soon after what people did. */
export class ServedSnapshots {
  /** Snapshots taken into service. */
  count = 0
  private readonly models: Pick<ServedModels, 'follow'>
  private readonly clock: Clock
  private readonly latency = new SlidingSamples(LATENCY_WINDOW_MS, LATENCY_SAMPLES_MAX)
  /** Of labels that no served snapshot has learned yet. */
  private waiting: number[] = []

  constructor(models: Pick<ServedModels, 'follow'>, clock: Clock) {
    this.models = models
    this.clock = clock
  }

  /** Hears of a snapshot that was offered. When this resolves it serves, if the gate let it pass. */
  async take({ record, labelTimes }: Offered): Promise<void> {
    this.waiting = [...this.waiting, ...labelTimes].slice(-LATENCY_SAMPLES_MAX)
    await this.models.follow()
    if (record.state !== 'live') return
    this.count++
    // What people do is learned by the heavy ranker first of all: the others follow it.
    if (record.model !== 'heavy') return
    const now = this.clock.now()
    for (const at of this.waiting) this.latency.add(now - at, now)
    this.waiting = []
  }

  /** Milliseconds from what people did to a model that learned it and serves, of the last ten minutes; null without any. */
  reactionToModelMs(): readonly [p50: number | null, p99: number | null] {
    const [p50, p99] = this.latency.quantiles([0.5, 0.99], this.clock.now())
    return [p50 ?? null, p99 ?? null]
  }
}
