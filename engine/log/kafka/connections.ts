import type { API, Connection } from '@platformatic/kafka'
import { isIP } from 'node:net'
import { EngineError } from '../../errors.ts'
import { BrokerError, hasMoved, NO_ANSWER } from './failures.ts'
import type { KafkaLibrary } from './library.ts'
import { loginOf } from './login.ts'
import { KAFKA_DEFAULTS, type KafkaLogOptions } from './options.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

const CONNECT_MS_MAX = 5_000
/** Above a fetch's wait and a broker's own limits for writing. */
const ANSWER_MS_MAX = 15_000
/** Said of what was left undone because something else was refused. */
const NOT_ATTEMPTED = 'OPERATION_NOT_ATTEMPTED'
/** Codes of Node and of OpenSSL. */
const TLS_REFUSALS = /^ERR_(TLS|SSL|OSSL)_|CERT|^UNABLE_TO_/
/** Brokers end connections that nothing was asked on for long, ten minutes by default; others end with a broker. */
const IN_USE_MS = 60_000
/** A broker answers a connection's requests one after the other, so more would only wait there. */
const IN_FLIGHT_MAX = 64

/**
 * Connections to brokers, one a broker and lane. A broker serves a connection's requests in turn, so what may
 * wait long (fetches) has a lane of its own, and so have commits that should not wait for each other.
 */
export class Connections {
  readonly library: KafkaLibrary
  private readonly options: KafkaLogOptions
  private readonly open = new Map<string, Promise<Connection>>()
  /** What connections broke on: their requests hear only that they are closed. */
  private readonly broken = new WeakMap<Connection, Error>()
  /** Connections that something was asked on in this interval, and in the one before. */
  private inUse = new WeakSet<Connection>()
  private wereInUse = new WeakSet<Connection>()
  private readonly intervals: NodeJS.Timeout
  private closed = false
  private losses = 0

  constructor(library: KafkaLibrary, options: KafkaLogOptions) {
    this.library = library
    this.options = options
    this.intervals = setInterval(() => {
      this.wereInUse = this.inUse
      this.inUse = new WeakSet()
    }, IN_USE_MS).unref()
  }

  /** How often a connection in use was lost, or a broker said that another is to be asked. */
  get disturbances(): number {
    return this.losses
  }

  /** Sends a request and waits for its answer. Throws `BrokerError` for what the broker refuses as a whole. */
  async request<Args extends unknown[], Answer>(
    address: Address,
    lane: string,
    api: API<Args, Answer>,
    ...args: Args
  ): Promise<Answer> {
    const connection = await this.connection(address, lane)
    this.inUse.add(connection)
    try {
      return await api.async(connection, ...args)
    } catch (error) {
      const failure = this.failureOf(error, address, this.broken.get(connection))
      if (failure instanceof BrokerError && hasMoved(failure)) this.losses++
      throw failure
    }
  }

  async close(): Promise<void> {
    this.closed = true
    clearInterval(this.intervals)
    const connections = await Promise.allSettled(this.open.values())
    this.open.clear()
    for (const each of connections) if (each.status === 'fulfilled') await each.value.close()
  }

  private connection({ host, port }: Address, lane: string): Promise<Connection> {
    if (this.closed) throw new EngineError('CLOSED', 'the log was closed')
    const key = `${host}:${port}/${lane}`
    const known = this.open.get(key)
    if (known !== undefined) return known
    const connecting = this.connect(host, port, () => this.open.delete(key))
    this.open.set(key, connecting)
    return connecting
  }

  private async connect(host: string, port: number, forget: () => void): Promise<Connection> {
    const { clientId = KAFKA_DEFAULTS.clientId, tls, sasl } = this.options
    const connection = new this.library.Connection(clientId, {
      connectTimeout: CONNECT_MS_MAX,
      requestTimeout: ANSWER_MS_MAX,
      maxInflights: IN_FLIGHT_MAX,
      ...(tls !== undefined && { tls, tlsServerName: tls.servername ?? isIP(host) === 0 }),
      ...(sasl !== undefined && { sasl: loginOf(this.library, sasl) }),
    })
    connection.on('error', (error) => {
      this.broken.set(connection, error)
      forget()
    })
    connection.on('timeout', forget)
    connection.on('closing', forget)
    connection.on('close', forget)
    try {
      await connection.connect(host, port)
      connection.once('close', () => {
        if (this.inUse.has(connection) || this.wereInUse.has(connection)) this.losses++
      })
      return connection
    } catch (error) {
      forget()
      throw this.failureOf(error, { host, port })
    }
  }

  private failureOf(error: unknown, { host, port }: Address, broken?: Error): Error {
    const { ProtocolError, AuthenticationError, UserError } = this.library
    const failures = error instanceof AggregateError ? error.errors : [error]
    const refusals = failures
      .filter((each) => each instanceof ProtocolError)
      .map((each) => String(each['apiId']))
    const refusal = refusals.find((code) => code !== NOT_ATTEMPTED) ?? refusals[0]
    if (refusal !== undefined) return new BrokerError(refusal, `said by ${host}:${port}`, { cause: error })
    if (isOneOf(error, [AuthenticationError, UserError])) {
      return new BrokerError('AUTHENTICATION_FAILED', `${host}:${port}: ${messageOf(rootOf(error))}`, {
        cause: error,
      })
    }
    const tlsRefusal = tlsRefusalOf(error) ?? tlsRefusalOf(broken)
    if (tlsRefusal !== undefined) {
      return new BrokerError('TLS_AUTHENTICATION_FAILED', `${host}:${port}: ${tlsRefusal}`, { cause: error })
    }
    return new BrokerError(NO_ANSWER, `${host}:${port}: ${messageOf(error)}`, { cause: error })
  }
}

/** Why TLS did not come about, where trying again would not help: a certificate or the protocol. */
const tlsRefusalOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string' && TLS_REFUSALS.test(error.code)) return error.message
  return tlsRefusalOf(error.cause)
}

/** The library wraps what went wrong in errors of the connection. */
const isOneOf = (error: unknown, kinds: readonly (abstract new (...args: never[]) => Error)[]): boolean =>
  error instanceof Error && (kinds.some((kind) => error instanceof kind) || isOneOf(error.cause, kinds))

/** What the library wrapped: a connection that failed says nothing of why. */
const rootOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? rootOf(error.cause) : error

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
