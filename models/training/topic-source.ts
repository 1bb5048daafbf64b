import type { StoredFrame } from '../../engine/log/port.ts'

/** Where the records of a topic come from: a log, or whoever has one. */
export interface TopicSource {
  /** Partitions of the topic, numbered from 0. */
  readonly partitions: number
  /** As `Log.read` of the topic: what is readable now, from an offset on. */
  read(partition: number, offset: number): Promise<readonly StoredFrame[]>
}

/** What a trainer learns from. */
export const TRAINING_TOPICS = ['examples', 'ranking-samples'] as const
export type TrainingTopic = (typeof TRAINING_TOPICS)[number]

/** Bytes of frames that are read at a time. */
export const READ_BYTES_MAX = 1 << 20
