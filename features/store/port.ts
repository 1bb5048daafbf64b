import type { ViewRows } from '../view.ts'
import type { FillTarget } from './fill.ts'
import type { KeyList } from './key-list.ts'

/**
 * The feature store port: where rows of views lie for those who read features at request time. A store
 * follows the changes that tasks commit; what it holds is always some prefix of them, never a mixture.
 */
export interface FeatureReader {
  /**
   * The rows of `keys`, in the order asked; one round trip for all. A missing row, an expired one and one of
   * another version of the view all come as an empty range, which `view.read` takes for a key never seen.
   * Throws `FEATURES_UNAVAILABLE` when the store cannot be reached; a caller then goes on without them.
   */
  readMany(view: ViewRows, keys: readonly Uint8Array[]): Promise<FeatureRows>
  /**
   * Writes the columns of every key, as of a time, straight to where they are wanted; one round trip for all.
   * Keys without a row, and rows of other versions, write what `view.read` writes for a key never seen. Answers
   * undefined when all is done at once, or what resolves when it is; until then `keys` and the target are this
   * call's. Throws as `readMany` does. See `fillFromRows` for stores that answer rows.
   */
  fill(view: ViewRows, keys: KeyList, asOf: number, target: FillTarget): Promise<void> | undefined
  /** What the rows of a store and partition stand for, to tell how old features are. */
  position(store: string, partition: number): Promise<FeaturePosition>
}

/**
 * Rows as they lie in the store's answer, so that none need be copied: row i is
 * `buffers[i][starts[i] .. ends[i])`, without the engine's version byte; empty where `starts[i] === ends[i]`.
 * Valid until the next call to the store.
 */
export interface FeatureRows {
  readonly buffers: readonly Buffer[]
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

export interface FeaturePosition {
  /** Sequence of the last applied change; 0 before the first. */
  readonly sequence: number
  /** Newest event time in it, integer milliseconds; −1 before the first. */
  readonly newest: number
}

/** What one commit of a task changed in one store. */
export interface FeatureChanges {
  /** The view's name. */
  readonly store: string
  readonly partition: number
  /** The commit's sequence: from 1, rising, within a store and partition. */
  readonly sequence: number
  /** Sequence of the change that came before in this store and partition; 0 for the first. */
  readonly previous: number
  /** Newest event time that the task had seen, integer milliseconds. */
  readonly newest: number
  /** Whole rows as the engine keeps them, version byte included; null where the row is gone. A key comes at most once. */
  readonly rows: readonly (readonly [key: Uint8Array, row: Uint8Array | null])[]
}

/** The half that the changelog's follower writes through. One writer a store and partition at a time is the rule, not a need. */
export interface FeatureWriter {
  /**
   * Makes the rows and their position visible together, or not at all. Changes whose sequence is not above
   * the position are ignored whole, so a change may be applied again after a crash, and a slow writer that
   * was replaced cannot put old rows over new ones. Throws `FEATURES_UNAVAILABLE` when it is not known to be
   * applied: apply it again. Throws `FEATURES_LOST` when the store stands before `previous`, as after a loss of
   * its memory: nothing was applied, or there would be a gap; go on from `position`.
   */
  apply(changes: FeatureChanges): Promise<void>
}

/** Rows of any store that is followed, as the engine keeps them: for readers of more than views. */
export interface RowReader {
  /**
   * The rows of `keys`, version byte included, in the order asked; null where there is none. One round trip a node
   * for all. Throws `FEATURES_UNAVAILABLE`, and `FEATURES_LOST` where the store has lost rows that it had when it was
   * read before.
   */
  readRows(store: string, keys: readonly Uint8Array[]): Promise<readonly (Buffer | null)[]>
}

export interface FollowedPosition extends FeaturePosition {
  /** Somebody clears it, or died at it: nothing is written before it has been cleared to the end. */
  readonly isClearing?: true
}

/** A store's partition. */
export interface StorePlace {
  readonly store: string
  readonly partition: number
}

/** A row, wherever its key would lie. */
export interface PlacedKey extends StorePlace {
  readonly key: Uint8Array
}

/** For who looks at much of it often. All are read together: in one command where there are no slots. */
export interface PlacedReader {
  /** In the order asked. Throws `FEATURES_UNAVAILABLE`. */
  positions(places: readonly StorePlace[]): Promise<readonly FollowedPosition[]>
  /** In the order asked; null where there is none. Throws `FEATURES_UNAVAILABLE`. */
  readPlaced(keys: readonly PlacedKey[]): Promise<readonly (Buffer | null)[]>
  /** That rows were lost is known: they are read as what is left. */
  takeAsItStands(): void
}

/** What the follower of a changelog needs of a store that others than its owner read. */
export interface FollowedStore extends FeatureWriter {
  position(store: string, partition: number): Promise<FollowedPosition>
  /** One row, wherever its key would lie. */
  readRow(store: string, partition: number, key: Uint8Array): Promise<Buffer | null>
  /** Forgets a store's partition, rows and position. Throws `FEATURES_UNAVAILABLE` also while another is at it. */
  clear(store: string, partition: number): Promise<void>
}

export interface FeatureStore extends FeatureReader, FeatureWriter {
  close(): Promise<void>
}
