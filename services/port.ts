/**
 * The services that tests, trials and benchmarks need: real ones, started for a run and stopped after it. One
 * port, so that a test does not know how they came to be.
 */
export interface ServiceProvider {
  /** Apache Kafka in KRaft mode, every node broker and controller. */
  kafka(options?: KafkaOptions): Promise<KafkaService>
  redis(options?: RedisOptions): Promise<RedisService>
  /** Redis Cluster of three masters without replicas. */
  redisCluster(): Promise<RedisClusterService>
  /** A schema registry that speaks Confluent's API. */
  registry(): Promise<RegistryService>
}

export interface KafkaOptions {
  /** Topics and internal topics are replicated to all of them, at most three. One by default. */
  readonly nodes?: number
  readonly version?: KafkaVersion
  /** Listens with TLS and SASL as well: see `SecureKafka`. Of one node. */
  readonly secure?: boolean
}

export const KAFKA_VERSIONS = ['3.9.2', '4.3.1'] as const
export type KafkaVersion = (typeof KAFKA_VERSIONS)[number]
export const KAFKA_VERSION_DEFAULT: KafkaVersion = '4.3.1'

export interface KafkaService {
  /** `host:port` of every node, in node order. */
  readonly brokers: readonly string[]
  /** Nodes count from 0. */
  readonly nodes: readonly ServiceProcess[]
  /** Where `secure` was asked for. */
  readonly secure?: SecureKafka
  stop(): Promise<void>
}

/** Listeners that ask who is there, as `host:port`, and what they take. */
export interface SecureKafka {
  /** TLS, for clients with a certificate. */
  readonly tls: string
  /** TLS, for a user by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. */
  readonly saslTls: string
  /** As `saslTls`, without TLS. */
  readonly sasl: string
  readonly user: { readonly username: string; readonly password: string }
  /** Certificate of the authority that signed the servers', in PEM. */
  readonly authority: string
  readonly client: ClientCertificate
}

/** In PEM. */
export interface ClientCertificate {
  readonly certificate: string
  readonly key: string
}

export interface RedisOptions {
  /** Evicts nothing below it; unlimited by default. */
  readonly memoryBytesMax?: number
  /** Asked of every client. */
  readonly password?: string
  /** Listens with TLS as well. */
  readonly tls?: boolean
}

export interface RedisService {
  readonly host: string
  readonly port: number
  /** Where TLS was asked for: its port, and the certificate of who signed the server's, in PEM. */
  readonly tls?: { readonly port: number; readonly authority: string }
  readonly process: ServiceProcess
  stop(): Promise<void>
}

export interface RedisClusterService {
  readonly nodes: readonly RedisService[]
  stop(): Promise<void>
}

export interface RegistryService {
  /** Base of Confluent's API. */
  readonly url: string
  readonly process: ServiceProcess
  stop(): Promise<void>
}

/** One process of a service, to do to it what machines do. */
export interface ServiceProcess {
  readonly pid: number
  /** As by `kill -9`, or a power cut. Resolves when it is gone. */
  kill(): Promise<void>
  /** Stops its clock; it keeps its connections. */
  freeze(): void
  thaw(): void
  /** Starts again with the same data and ports; resolves when it answers. */
  restart(): Promise<void>
}

/** A service cannot be had here; the message says what is missing. */
export class ServiceUnavailable extends Error {
  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.name = 'ServiceUnavailable'
  }
}
