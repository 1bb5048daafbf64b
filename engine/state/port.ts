/**
 * The state port: where a task's rows lie on disk. A write carries the changelog sequence that its rows stand for at
 * least, which is there only once all of them are: what lies ahead of it is made again from the changelog, to the same
 * rows. Every adapter passes test/conformance/state.ts.
 */
export interface StateStorage {
  /** Opens (or creates) the rows of a task. */
  open(taskId: string): Promise<TaskStorage>
  /** Tasks that something was written of, and the changelog sequence that their rows stand for at least. */
  stored(): Promise<ReadonlyMap<string, number>>
  /** Removes a task's rows, and its sequence last; nobody may have it open. */
  drop(taskId: string): Promise<void>
  close(): Promise<void>
}

export interface TaskStorage {
  /** Changelog sequence that the rows stand for at least; 0 when nothing was ever written. */
  sequence(): number
  /** One value a key, in the order asked; undefined where there is none. One read for all. */
  getMany(store: number, keys: readonly Uint8Array[]): Promise<readonly (Buffer | undefined)[]>
  /** Rows whose key begins with `prefix` and lies after `after` (exclusive), in key order, up to `limit`. */
  scan(store: number, options: ScanOptions): Promise<readonly StateRow[]>
  /** A batch to fill synchronously; nothing happens before `commit`. */
  write(): StateWrite
  close(): Promise<void>
}

export interface ScanOptions {
  readonly prefix?: Uint8Array
  readonly after?: Uint8Array
  readonly limit: number
}

export interface StateRow {
  readonly key: Buffer
  readonly value: Buffer
}

export interface StateWrite {
  readonly rows: number
  put(store: number, key: Uint8Array, value: Uint8Array): void
  remove(store: number, key: Uint8Array): void
  /** Makes the rows durable, and the sequence once all of them are. Of one that throws some rows may be there. */
  commit(sequence: number): Promise<void>
}
