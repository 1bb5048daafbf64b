import { join } from 'node:path'
import type { Clock } from '../../engine/clock.ts'
import { DEFAULT_LEARNER } from '../../models/training/learner.ts'
import { DEFAULT_TRAINER, type TrainerOptions } from '../../models/training/trainer.ts'
import { MODELS_DIRECTORY } from '../serving/models.ts'
import type { Serving } from '../serving/open.ts'
import type { LearningReport } from './messages.ts'
import { ServedSnapshots } from './served-snapshots.ts'
import { TrainerThread, type TrainerThreadParts } from './trainer-thread.ts'

/** Checkpoints of the trainer, in the data directory. */
export const LEARNING_DIRECTORY = 'learning'

export interface LearningOptions {
  readonly log: TrainerThreadParts['log']
  readonly serving: Pick<Serving, 'models'>
  readonly data: string
  readonly clock: Clock
  /** False: a trainer that is a process of its own may offer snapshots. */
  readonly learns: boolean
  /** See `LearnerOptions`; all of them where absent. */
  readonly negativesKept?: number
  readonly trainer?: Partial<TrainerOptions>
  /** Told once why learning has ended. */
  readonly failed: (error: unknown) => void
}

/** Learning beside serving, here or elsewhere, and how it goes. */
export interface Learning {
  readonly data: string
  /** Whether this process learns by itself. */
  readonly learns: boolean
  readonly served: ServedSnapshots
  /** It was to learn, and has ended by itself. */
  readonly isStopped: boolean
  /** What the trainer of this process said last. */
  report(): LearningReport | undefined
  close(): Promise<void>
}

/** Takes snapshots into service: of a thread of its own that follows the examples, or of another process. */
export const openLearning = (options: LearningOptions): Learning => {
  const { serving, data, clock, learns } = options
  const served = new ServedSnapshots(serving.models, clock)
  let isStopped = false
  const failed = (error: unknown): void => {
    isStopped = true
    options.failed(error)
  }
  const thread = learns ? trainerThread({ ...options, failed }, served) : undefined
  return {
    data,
    learns,
    served,
    get isStopped() {
      return isStopped
    },
    report: () => thread?.report,
    close: async () => thread?.stop(),
  }
}

const trainerThread = (
  { log, data, trainer, negativesKept = 1, failed }: LearningOptions,
  served: ServedSnapshots,
): TrainerThread =>
  new TrainerThread({
    log,
    checkpoints: join(data, LEARNING_DIRECTORY),
    snapshots: join(data, MODELS_DIRECTORY),
    options: { ...DEFAULT_TRAINER, learner: { ...DEFAULT_LEARNER, negativesKept }, ...trainer },
    offered: (offered) => served.take(offered),
    failed,
  })
