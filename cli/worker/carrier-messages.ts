import type { EngineErrorCode } from '../../engine/errors.ts'
import type { KafkaLogOptions } from '../../engine/log/kafka/options.ts'
import type { TaskPlace } from '../../features/sink/task-mark.ts'
import type { RedisStoreOptions } from '../../features/store/redis/options.ts'

/** What a carrier's thread is started with: plain values, for functions do not pass between threads. */
export interface CarrierData {
  readonly kafka: KafkaLogOptions
  readonly redis: Omit<RedisStoreOptions, 'timeToLiveMs'>
  /** Names of the stores whose rows are carried, by key space. */
  readonly stores: Readonly<Record<string, readonly string[]>>
  /** How long Redis keeps a row, by store; those left out stay. */
  readonly timesToLiveMs: Readonly<Record<string, number>>
}

export interface CarryLag {
  /** Offsets of changelogs that Redis lacks. */
  readonly offsets: number
  /** Tasks of which that is not known. */
  readonly unknown: number
}

export type ToCarrier =
  | { readonly kind: 'assign'; readonly places: readonly TaskPlace[] }
  | { readonly kind: 'lag'; readonly id: number }
  | { readonly kind: 'close' }

export type FromCarrier =
  | { readonly kind: 'opened' }
  | { readonly kind: 'lag'; readonly id: number; readonly lag: CarryLag }
  /** An error of the engine: one that passes, and what failed is tried again, or one that ends what it comes of. */
  | { readonly kind: 'failed'; readonly code: EngineErrorCode; readonly detail: string }
