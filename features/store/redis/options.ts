import type { ConnectionOptions as TlsOptions } from 'node:tls'

export interface RedisStoreOptions {
  /** `host:port`, an IPv6 address in brackets; of a cluster, some of its nodes. */
  readonly nodes: readonly string[]
  readonly mode: 'single' | 'cluster'
  /** Begins every key, so that applications share a Redis. */
  readonly prefix?: string
  readonly username?: string
  readonly password?: string
  readonly tls?: TlsOptions
  /** A read or write without an answer has failed after this. */
  readonly answerMsMax?: number
  /** Partitions of the topics that the stores are fed from. */
  readonly partitions: number
  /** How long a row is kept after its last change; undefined for ever. By the store's name. */
  readonly timeToLiveMs: (store: string) => number | undefined
  /** Whether a row is kept for ever though its store's rows have a time to live; none is where this is left out. */
  readonly isLasting?: (store: string, row: Buffer) => boolean
}

export const REDIS_DEFAULTS = {
  prefix: '',
  answerMsMax: 1_000,
} as const satisfies Partial<RedisStoreOptions>
