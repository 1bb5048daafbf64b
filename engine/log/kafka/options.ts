import type { ConnectionOptions as TlsOptions } from 'node:tls'

export interface KafkaLogOptions {
  /** `host:port` of brokers to begin with. */
  readonly brokers: readonly string[]
  /** Begins the name of every topic and transactional id: letters, digits, "." and "-". */
  readonly prefix?: string
  /** Said to the brokers, for their logs and quotas. */
  readonly clientId?: string
  readonly tls?: TlsOptions
  readonly sasl?: SaslOptions
  /** Of topics that this log creates; the cluster's default where it is left out. */
  readonly replicas?: number
  /** Tasks of one key space: the partitions of their changelog topic, when this log creates it. */
  readonly changelogPartitions: number
  /**
   * The longest that a commit of a task that died holds back its readers. At most the brokers'
   * `transaction.max.timeout.ms`.
   */
  readonly transactionMsMax?: number
}

/** Plain values, so that they pass to another thread. */
export type SaslOptions = PasswordOptions | TokenOptions

export interface PasswordOptions {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}

export interface TokenOptions {
  readonly mechanism: 'OAUTHBEARER'
  /** Holds the token. Read at each login, for tokens end: whoever issues them keeps the file fresh. */
  readonly tokenFile: string
}

export const KAFKA_DEFAULTS = {
  prefix: '',
  clientId: 'freshet',
  transactionMsMax: 10_000,
} as const satisfies Partial<KafkaLogOptions>
