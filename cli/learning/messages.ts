import type { HeadReports } from '../../models/metrics/progressive.ts'
import type { ModelRecord } from '../../models/registry/record.ts'
import type { Segment } from '../../models/training/segments.ts'
import type { TrainingTopic } from '../../models/training/topic-source.ts'
import type { Progress, TrainerOptions } from '../../models/training/trainer.ts'

/** What a trainer's thread is started with. */
export interface TrainerThreadData {
  readonly checkpoints: string
  readonly snapshots: string
  readonly partitions: Readonly<Record<TrainingTopic, number>>
  readonly options: TrainerOptions
}

/** How well a trainer foresees, by head. */
export interface LearningReport {
  readonly progress: Progress
  /** The model that learns, each example foreseen before it was learned. */
  readonly heads: HeadReports
  /** What served the same examples. */
  readonly served: HeadReports
  /** The model that learns, by segment. */
  readonly segments: Readonly<Record<Segment, HeadReports>>
  /** What served, by segment. */
  readonly servedSegments: Readonly<Record<Segment, HeadReports>>
  readonly light: BothReports
  readonly retrieval: BothReports
}

/** What learns, each sample or pair foreseen before it was learned; and what was live then. */
export interface BothReports {
  readonly learner: HeadReports
  readonly live: HeadReports
}

/** A frame on its way between threads, or over HTTP. */
export interface SentFrame {
  readonly baseOffset: number
  readonly bytes: Uint8Array
}

/** A snapshot that was offered to the registry, and what became of it. */
export interface Offered {
  readonly record: ModelRecord
  /** When people did what it learned and the one before had not. */
  readonly labelTimes: readonly number[]
}

export type FromTrainer =
  | {
      readonly kind: 'read'
      readonly id: number
      readonly topic: TrainingTopic
      readonly partition: number
      readonly offset: number
    }
  | { readonly kind: 'offer'; readonly id: number; readonly offered: Offered }
  | { readonly kind: 'report'; readonly report: LearningReport }

export type ToTrainer =
  | { readonly kind: 'frames'; readonly id: number; readonly frames: readonly SentFrame[] }
  | { readonly kind: 'offered'; readonly id: number }
  /** The owner could not do what it was asked; the trainer stops. */
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'appended' }
  | { readonly kind: 'stop' }
