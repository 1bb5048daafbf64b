import type { ByteWriter } from './bytes.ts'
import type { KeyWriter } from './key.ts'

/**
 * The id that a topic, its tasks and their stores are partitioned by. Topics of one key space share a
 * partition count and are processed by the same task, so their events meet without a network hop.
 */
export type KeySpace = 'user' | 'post' | 'author' | 'container' | 'hashtag' | 'hour' | 'experiment'

/** Turns values into bytes and back. Decoding throws a `ContractError` for what breaks the contract. */
export interface Codec<Value> {
  encode(value: Value, writer: ByteWriter): void
  decode(buffer: Buffer, start: number, end: number): Value
}

/**
 * Lets the engine add up values of one key before they are written: a viral post costs one record a batch.
 * Rows must form a commutative group, or the result depends on where batches end.
 */
export interface Fold {
  /** Adds the row `from[start..end)` to the row `into` (which may be empty: length 0) and writes the sum. */
  merge(
    into: Buffer,
    intoStart: number,
    intoEnd: number,
    from: Buffer,
    start: number,
    end: number,
    writer: ByteWriter,
  ): void
}

/** What may be said of a topic without knowing its values. */
export interface TopicInfo {
  readonly name: string
  readonly about: string
  readonly keySpace: KeySpace
  /** How far behind the newest event an event may be and still be on time. */
  readonly graceMs: number
  /**
   * Its records follow from events that this or another task has seen already (deltas, reversed edges, what a
   * timer sent): they do not tell how far event time is, so they neither move nor hold back the watermark.
   */
  readonly isEcho?: true
  readonly fold?: Fold
  /** Public topics are contracts that apps publish to; internal ones are written by processors. */
  readonly visibility: 'public' | 'internal'
}

export interface Topic<Value> extends TopicInfo {
  readonly codec: Codec<Value>
  /** Writes the record's key; its first id is the id of `keySpace`. */
  key(value: Value, key: KeyWriter): void
  /** Event time, integer milliseconds. */
  time(value: Value): number
  /** Identity for idempotent publishing; absent on internal topics, which the commit already makes exact. */
  eventId?(value: Value): string
}
