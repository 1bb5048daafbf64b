import type { Millis } from '../../schemas/ids.ts'
import type { Frame } from './frame.ts'

/**
 * The log port: partitioned, ordered, durable topics; and sessions, through which one owner at a time commits
 * what a task did. Every adapter passes test/conformance/log.ts.
 */
export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /** Frames wholly older than this (wall clock at append) may be dropped once every consumer is past them. */
  readonly retentionMs: number
}

export interface Log {
  /** Creates what is missing; a topic that exists with another partition count is refused (`TOPIC_MISMATCH`). */
  createTopics(specs: readonly TopicSpec[]): Promise<void>
  /** Partitions of a topic; an unknown topic is refused (`UNKNOWN_TOPIC`). */
  partitions(topic: string): number
  /** Resolves when every frame is durable. Frames become readable in order; each takes `frame.count` offsets. */
  append(entries: readonly AppendEntry[]): Promise<void>
  /**
   * Frames from `offset` on, in order, at least one if there is any, about `bytesMax` in all. The first frame
   * may begin before `offset`: skip to it. An offset that retention dropped answers from the earliest kept.
   */
  read(topic: string, partition: number, offset: number, bytesMax: number): Promise<readonly StoredFrame[]>
  /** Offset after the last readable record. */
  endOffset(topic: string, partition: number): number
  /** Offset of the first readable record. */
  startOffset(topic: string, partition: number): number
  /** Takes ownership of a task, fencing any earlier session of it. */
  session(taskId: string): Promise<LogSession>
  /** Calls back whenever records become readable; answers how to stop. */
  onAppend(listener: () => void): () => void
  /** Drops what retention allows, up to what every session has consumed. `now` is wall time. */
  enforceRetention(now: Millis): Promise<void>
  close(): Promise<void>
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
   * sequence. An error whose recovery is `retry` promises that nothing took effect: the same commit is tried again.
   */
  commit(commit: LogCommit): Promise<number>
  /** The blocks of commits after `sequence`, in order. Throws `STATE_CORRUPT` when some of them were dropped. */
  changelog(afterSequence: number): AsyncIterable<ChangelogBlock>
  /** Allows blocks up to and including `sequence` to be dropped: state on disk stands for them. */
  trimChangelog(sequence: number): Promise<void>
  close(): Promise<void>
}
