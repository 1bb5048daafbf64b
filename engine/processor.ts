import type { Millis } from '../schemas/ids.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import type { KeyWriter } from './key.ts'
import type { HasEnded } from './state/row-expiry.ts'
import type { Topic, TopicInfo } from './topic.ts'

/**
 * How a processor's state lies in a row. The engine calls `read` (or `create` for a key never seen), then
 * `process`, then `write`, one event at a time and never awaiting, so a layout may hand out one reused
 * handle over the bytes instead of an object per key.
 */
export interface StateLayout<State> {
  /** Stored in every row's first byte (1 to 255); raise it when the layout changes. */
  readonly version: number
  create(): State
  /** Reads a row of this version; the reader stands after the version byte and ends at the row's end. */
  read(reader: ByteReader): State
  /** Writes the row; answers false when nothing is worth keeping, and the row is deleted. */
  write(state: State, writer: ByteWriter): boolean
  /** Readers of older versions, by version. A row of a version without one stops the task with `STATE_VERSION`. */
  readonly migrations?: Readonly<Record<number, (reader: ByteReader) => State>>
  /** Rows that have ended are removed, some time after that lies 30 days back (see `TaskExpiry`); without it none ever is. */
  readonly hasEnded?: HasEnded
}

/** What a processor may do besides changing its state. Everything here takes effect with the commit, or not at all. */
export interface Context {
  /** Event time of the event, or of the timer that fired. */
  readonly time: Millis
  /** No event older than this is expected on this task. */
  readonly watermark: Millis
  /** The event was older than the watermark when it came. */
  readonly late: boolean
  /** Sends a value to a topic, keyed by that topic's key, or folded with others of its key if the topic folds. */
  emit<Value>(topic: Topic<Value>, value: Value): void
  /** Calls `onTimer` for this key once the watermark reaches `at`. Setting the same timer twice is setting it once. */
  timer(at: Millis): void
  /** Counts something worth an operator's eye, by a fixed name such as `label_join.unmatched`. */
  count(name: string): void
}

/** What a processor does with the events of one topic. */
export interface Handler<In, State> {
  readonly input: Topic<In>
  /**
   * Writes the key that the event's state is scoped to; the first id must be the topic's own key, which is
   * what the task is partitioned by. Answers false for an event that is none of its business.
   */
  key(event: In, key: KeyWriter): boolean
  /** Answers whether the state changed; an unchanged row is not written. */
  process(event: In, state: State, context: Context): boolean
}

/** A handler whose event type is erased, so that handlers of several topics fit one list. */
export type AnyHandler<State> = Handler<unknown, State>

/** Sound because the engine hands a handler only what the handler's own input topic decoded. */
export const on = <In, State>(handler: Handler<In, State>): AnyHandler<State> => handler

/**
 * Keyed, stateful, synchronous: sees one key's events one at a time. Must be a function of its event, its
 * state and the context alone (no clock, no randomness, no I/O), for it is run again after a crash.
 */
export interface Processor<State> {
  /** Also the store's name: the deployment contract. Lower case, digits and dashes. */
  readonly name: string
  /** One sentence for pictures and docs. */
  readonly about: string
  readonly state: StateLayout<State>
  /** One handler a topic; all topics are of one key space, so a key's events meet in one task. */
  readonly handlers: readonly AnyHandler<State>[]
  /** Topics it may emit to. */
  readonly outputs: readonly TopicInfo[]
  /** `key` holds the ids of the key whose timer fired. Answers as `process` does. */
  onTimer?(at: Millis, key: readonly string[], state: State, context: Context): boolean
}

/** Stateless: turns an event into values of other topics (a rekeying, a split, a fold's first half). */
export interface Mapper<In> {
  readonly name: string
  readonly about: string
  readonly input: Topic<In>
  readonly outputs: readonly TopicInfo[]
  map(event: In, context: Context): void
}
