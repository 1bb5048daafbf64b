import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../engine/clock.ts'
import { MINUTE_MS } from '../../schemas/ids.ts'
import type { ScorerPool } from '../../models/scoring/pool.ts'
import { DEFAULT_TRAINER, type SnapshotOffer, type TrainerOptions } from '../../models/training/trainer.ts'
import { SlidingSamples } from '../live/sliding-samples.ts'
import type { Embedded } from '../runtime/embedded.ts'
import { MODELS_DIRECTORY } from '../serving/open.ts'
import type { LearningReport } from './messages.ts'
import { TrainerThread } from './trainer-thread.ts'

/** Checkpoints of the trainer, in the data directory. */
export const LEARNING_DIRECTORY = 'learning'

const LATENCY_WINDOW_MS = 10 * MINUTE_MS
const LATENCY_SAMPLES_MAX = 16_384

export interface LearningOptions {
  readonly embedded: Embedded
  readonly data: string
  readonly clock: Clock
  readonly scorers: ScorerPool
  readonly trainer?: Partial<TrainerOptions>
  /** Told once why learning has ended. */
  readonly failed: (error: unknown) => void
}

/** Learning beside serving, and how it goes. */
export interface Learning {
  readonly report: () => LearningReport | undefined
  /** Snapshots that were taken into service. */
  readonly served: () => number
  /** Milliseconds from what people did to a model that learned it and serves, of the last ten minutes; null without any. */
  readonly reactionToModelMs: () => readonly [p50: number | null, p99: number | null]
  close(): Promise<void>
}

/** Follows the examples on a thread of its own, and swaps what it makes into service. */
export const openLearning = ({
  embedded,
  data,
  clock,
  scorers,
  trainer,
  failed,
}: LearningOptions): Learning => {
  const latency = new SlidingSamples(LATENCY_WINDOW_MS, LATENCY_SAMPLES_MAX)
  let last: string | undefined
  let served = 0
  const offer = async ({ directory, labelTimes }: SnapshotOffer): Promise<void> => {
    await scorers.swap('heavy', directory)
    served++
    const now = clock.now()
    for (const at of labelTimes) latency.add(now - at, now)
    if (last !== undefined && last !== directory) await rm(last, { recursive: true, force: true })
    last = directory
  }
  const thread = new TrainerThread({
    log: embedded.log,
    checkpoints: join(data, LEARNING_DIRECTORY),
    snapshots: join(data, MODELS_DIRECTORY),
    options: { ...DEFAULT_TRAINER, ...trainer },
    offer,
    failed,
  })
  return {
    report: () => thread.report,
    served: () => served,
    reactionToModelMs: () => {
      const [p50, p99] = latency.quantiles([0.5, 0.99], clock.now())
      return [p50 ?? null, p99 ?? null]
    },
    close: () => thread.stop(),
  }
}
