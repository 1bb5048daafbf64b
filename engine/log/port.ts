import type { Millis } from '../../schemas/ids.ts'
import type { Frame } from './frame.ts'

/**
 * The log port: partitioned, ordered, durable topics; and sessions, through which one owner at a time commits
 * what a task did. Every adapter passes test/conformance/log.ts.
 */
export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /**
   * Frames wholly older than this (wall clock at append) may be dropped: on one machine once every consumer is
   * past them, on Kafka whoever is not.
   */
  readonly retentionMs: number
}

export interface Log {
  /** Creates what is missing; a topic that exists with another partition count is refused (`TOPIC_MISMATCH`). */
  createTopics(specs: readonly TopicSpec[]): Promise<void>
  /** Partitions of a topic; an unknown topic is refused (`UNKNOWN_TOPIC`). */
  partitions(topic: string): number
  /**
   * Resolves when every frame is durable. Frames become readable in order; each takes `frame.count` offsets, and
   * offsets may be left out between records (Kafka's markers of transactions, and what was taken back).
   */
  append(entries: readonly AppendEntry[]): Promise<void>
  /**
   * Frames from `offset` on, in order, at least one if there is any, about `bytesMax` in all. The first frame
   * may begin before `offset`: skip to it. An offset that retention dropped answers from the earliest kept.
   * A frame without records says that nothing readable lies before its base offset. What was committed a
   * moment ago may not be readable yet: then nothing is answered, and `onAppend` tells when to ask again.
   */
  read(topic: string, partition: number, offset: number, bytesMax: number): Promise<readonly StoredFrame[]>
  /**
   * Offset after the last record that this process knows of: what it appended or committed, what had been
   * committed when its last session opened, and soon whatever others commit. Reading on from any offset gets
   * there.
   */
  endOffset(topic: string, partition: number): number
  /** Offset of the first readable record. */
  startOffset(topic: string, partition: number): number
  /** Takes ownership of a task, fencing any earlier session of it. */
  session(taskId: string): Promise<LogSession>
  /** Calls back whenever records become readable; answers how to stop. */
  onAppend(listener: () => void): () => void
  /**
   * Drops what retention allows, up to what has been consumed by every task that ever read it, or, where `reads` is
   * given, by those that still do. `now` is wall time.
   */
  enforceRetention(now: Millis, reads?: Reads): Promise<void>
  close(): Promise<void>
}

/**
 * Whether a task reads a topic. Positions in topics that a task reads no more are kept, so that one that reads them again
 * does not count twice what it had.
 */
export type Reads = (taskId: string, topic: string) => boolean

/** A log that others than their owners may read changelogs of: for copies of state that take over. */
export interface SharedLog extends Log {
  /**
   * Reads a task's changelog beside its owner, from the commit after `afterSequence` on; after 0, from the first
   * block kept, before which nothing is missing.
   */
  follow(taskId: string, afterSequence: number): Promise<ChangelogFollower>
}

export interface ChangelogFollower {
  /**
   * Blocks that came after what was read before, in order, about `bytesMax` in all; none when there are none yet.
   * Throws `CHANGELOG_DROPPED` when some of them are not kept any more.
   */
  read(bytesMax: number): Promise<readonly FollowedBlock[]>
  /** Offsets, as far as this process has heard, that are still to be read. */
  remaining(): number
}

/** A block, and how far its task had read with it. */
export interface FollowedBlock extends ChangelogBlock {
  readonly positions: readonly InputPosition[]
}

export interface AppendEntry {
  readonly topic: string
  readonly partition: number
  readonly frame: Frame
}

export interface StoredFrame {
  readonly baseOffset: number
  readonly frame: Frame
}

/** How far a task has read one input partition. */
export interface InputPosition {
  readonly topic: string
  readonly partition: number
  /** Next offset to read. */
  readonly offset: number
  /** Newest event time seen, for the watermark; -Infinity when none was seen. */
  readonly newest: number
}

export interface LogCommit {
  readonly positions: readonly InputPosition[]
  readonly outputs: readonly AppendEntry[]
  /** The block of rows that this commit changed; empty when none did. */
  readonly changelog: Buffer
}

export interface ChangelogBlock {
  /** Sequence number of the commit, from 1, without gaps within a task. */
  readonly sequence: number
  readonly bytes: Buffer
}

/**
 * A task's exclusive right to commit. After another session of the same task opened, `commit` throws `FENCED`
 * and changes nothing.
 */
export interface LogSession {
  readonly taskId: string
  /** As of the last commit. */
  positions(): readonly InputPosition[]
  /** Sequence of the last commit; 0 before the first. */
  sequence(): number
  /**
   * Outputs, positions and changelog become durable and visible together, or not at all. Answers the commit's
   * sequence. After an error whose recovery is `retry` the same commit, and no other, is tried again: it takes
   * effect once, whatever became of the first attempt.
   */
  commit(commit: LogCommit): Promise<number>
  /**
   * The blocks of commits after `sequence`, in order. Throws when some of them were dropped: `STATE_CORRUPT` where
   * nothing can mend that, `CHANGELOG_DROPPED` where a state may be made anew from what is kept.
   */
  changelog(afterSequence: number): AsyncIterable<ChangelogBlock>
  /**
   * Allows blocks up to and including `sequence` to be dropped: state on disk, or later blocks, stand for them. Call it only
   * right after a commit that succeeded, for a session that was fenced without noticing must not drop anything.
   */
  trimChangelog(sequence: number): Promise<void>
  close(): Promise<void>
}
