import type { ModelName } from '../snapshot/manifest.ts'
import type { LoadedSnapshot } from '../snapshot/read.ts'
import type { Matrices } from './matrices.ts'

/** What a scorer's thread is started with: every lease's matrices, on shared memory. */
export interface ThreadData {
  readonly slots: readonly Matrices[]
}

/** Rows `first .. first + rows` of a lease's matrix. */
export interface ScoreTask {
  readonly kind: 'score'
  readonly slot: number
  readonly model: ModelName
  readonly version: string
  readonly first: number
  readonly rows: number
}

/** Rows from `first` on, as they are filled; answered with where it stopped. See `RowStream`. */
export interface FollowTask {
  readonly kind: 'follow'
  readonly slot: number
  readonly model: ModelName
  readonly version: string
  readonly first: number
}

/** What a thread is asked. Each is answered, in order. */
export type Task =
  | { readonly kind: 'load'; readonly snapshot: LoadedSnapshot }
  | ScoreTask
  | FollowTask
  | { readonly kind: 'drop'; readonly version: string }
