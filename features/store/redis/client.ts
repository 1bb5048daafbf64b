import { once } from 'node:events'
import { isIP } from 'node:net'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { Cluster, Command, Redis } from 'ioredis'
import { EngineError } from '../../../engine/errors.ts'
import { REDIS_DEFAULTS, type RedisStoreOptions } from './options.ts'

/** What both a single Redis and a cluster do; a cluster finds the node of a command's first key by itself. */
export type RedisClient = Redis | Cluster

export interface RedisConnection {
  readonly client: RedisClient
  /** The library's commands, for one whose bytes are made elsewhere. */
  readonly Command: typeof Command
}

const RECONNECT_MS_MAX = 1_000
const RECONNECT_STEP_MS = 50
/** After slots have moved, a command is sent on this often. */
const REDIRECTIONS_MAX = 4

/** Answers that are waited for while connecting: to be let in, who the nodes are, whether they are ready. */
const CONNECTING_ANSWERS = 4

/**
 * Connects. Commands fail at once while there is no connection, for their callers know what to do without;
 * connecting goes on behind them. Throws `FEATURES_UNAVAILABLE` when nobody answers; where `away` is given it hears of
 * that instead, and connecting goes on.
 */
export const connectRedis = async (
  options: RedisStoreOptions,
  away?: (error: EngineError) => void,
): Promise<RedisConnection> => {
  const { Cluster, Command, Redis } = await loadLibrary()
  const { username, password, tls, answerMsMax = REDIS_DEFAULTS.answerMsMax } = options
  const retryStrategy = (attempts: number): number => Math.min(attempts * RECONNECT_STEP_MS, RECONNECT_MS_MAX)
  const connection = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    commandTimeout: answerMsMax,
    connectTimeout: answerMsMax,
    maxRetriesPerRequest: 0,
  }
  const addresses = options.nodes.map(addressOf)
  const client =
    options.mode === 'single'
      ? new Redis({
          ...connection,
          ...addresses[0]!,
          ...(tls !== undefined && { tls: { ...namedBy(addresses[0]!.host), ...tls } }),
          retryStrategy,
          enableOfflineQueue: false,
          lazyConnect: true,
        })
      : new Cluster(addresses, {
          redisOptions: { ...connection, ...(tls !== undefined && { tls }) },
          // The library would look names up itself, and certificates are for names.
          dnsLookup: (host, found) => found(null, host),
          clusterRetryStrategy: retryStrategy,
          maxRedirections: REDIRECTIONS_MAX,
          enableOfflineQueue: false,
          lazyConnect: true,
        })
  // What goes wrong is told to the callers of commands.
  client.on('error', () => undefined)
  try {
    await reached(client, CONNECTING_ANSWERS * answerMsMax)
  } catch (error) {
    // What has ended is not tried again: options that no connection can be made by.
    if (away === undefined || client.status === 'end') {
      client.disconnect()
      throw unavailable(error)
    }
    away(unavailable(error))
  }
  return { client, Command }
}

/** What a server is told it is called, so that one of many at an address is reached; addresses are no names. */
const namedBy = (host: string): TlsOptions => (isIP(host) === 0 ? { servername: host } : {})

/** A cluster that lacks a node is connected to again and again, and its first promise is never kept. */
const reached = async (client: RedisClient, msMax: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ready after ${msMax} ms`)), msMax)
  })
  try {
    await Promise.race([client.connect(), once(client, 'ready'), late])
  } finally {
    clearTimeout(timer)
  }
}

export const unavailable = (error: unknown): EngineError =>
  new EngineError(
    'FEATURES_UNAVAILABLE',
    `Redis: ${error instanceof Error ? error.message : String(error)}`,
    {
      cause: error,
    },
  )

/** An optional dependency: a feature store in one process does without it. */
const loadLibrary = async (): Promise<Pick<typeof import('ioredis'), 'Cluster' | 'Command' | 'Redis'>> => {
  try {
    return await import('ioredis')
  } catch (cause) {
    const detail = 'the Redis client is not installed: run "npm install ioredis"'
    throw new EngineError('CLIENT_MISSING', detail, { cause })
  }
}

/** What `host:port` names; an IPv6 address stands in brackets, which are none of its name. */
export const addressOf = (text: string): { host: string; port: number } => {
  const colon = text.lastIndexOf(':')
  const host = text.slice(0, Math.max(0, colon)).replace(/^\[(.*)\]$/, '$1')
  const port = Number(text.slice(colon + 1))
  if (host === '' || !Number.isInteger(port) || port < 1) {
    throw new EngineError('FEATURES_UNAVAILABLE', `Redis node ${JSON.stringify(text)}: give it as host:port`)
  }
  return { host, port }
}
