import type { Measured } from './topologies.ts'

/** What a worker's process is told, once, when it starts. */
export interface WorkerSetup {
  readonly brokers: readonly string[]
  readonly prefix: string
  readonly topology: Measured
  readonly partitions: number
  readonly commitIntervalMs: number
  /** State goes below it. */
  readonly directory: string
  /** This worker runs every task whose number in a row leaves `index` over when divided by `workers`. */
  readonly index: number
  readonly workers: number
}

/** Where a worker stands; `commits` counts up, so that two equal reports say that nothing happened between. */
export interface WorkerReport {
  readonly settled: boolean
  readonly commits: number
  /** When the last commit was through, in milliseconds since 1970; 0 before the first. */
  readonly committedAt: number
  readonly reactions: number
  readonly deadLetters: number
  readonly failures: number
  /** Rows in memory, a second old at most. */
  readonly stateBytes: number
  /** User and system time of all threads since the work began, milliseconds. */
  readonly processorMs: number
  /** Of those, the main thread's. */
  readonly mainThreadMs: number
}

export type ToWorker = 'begin' | 'report' | 'end'
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'report'; readonly report: WorkerReport }
  | { readonly kind: 'ended'; readonly userAuthorRows: number }
