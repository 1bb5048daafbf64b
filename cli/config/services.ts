import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { KafkaLogOptions, SaslOptions } from '../../engine/log/kafka/options.ts'
import type { RedisStoreOptions } from '../../features/store/redis/options.ts'
import type { RegistryOptions } from '../../schemas/registry/client.ts'
import { CliError } from '../errors.ts'
import type { Settings } from './schema.ts'

/** How to reach Kafka. Throws `CONFIG_INVALID` without brokers, `FILE_UNREADABLE` for a certificate's file. */
export const kafkaOptionsOf = async ({ kafka, topics }: Settings): Promise<KafkaLogOptions> => {
  const { brokers, prefix, clientId, tls, sasl } = kafka
  if (brokers.length === 0) throw missing('kafka.brokers', 'FRESHET_KAFKA_BROKERS or --kafka')
  const login = saslOptionsOf(sasl)
  return {
    brokers,
    prefix,
    clientId,
    ...(tls.enabled && { tls: await tlsOptionsOf(tls) }),
    ...(login !== null && { sasl: login }),
    ...(topics.replicas !== null && { replicas: topics.replicas }),
    changelogPartitions: topics.partitions,
  }
}

/** Null where nobody logs in. That what a mechanism needs is there, `readSettings` has seen to. */
const saslOptionsOf = ({
  mechanism,
  username,
  password,
  tokenFile,
}: Settings['kafka']['sasl']): SaslOptions | null => {
  if (mechanism === null) return null
  return mechanism === 'OAUTHBEARER'
    ? { mechanism, tokenFile: tokenFile ?? '' }
    : { mechanism, username: username ?? '', password: password ?? '' }
}

type TlsSettings = Settings['redis']['tls'] & Partial<Pick<Settings['kafka']['tls'], 'keyPassphrase'>>

const tlsOptionsOf = async ({
  ca,
  certificate,
  key,
  keyPassphrase = null,
  serverName,
}: TlsSettings): Promise<TlsOptions> => ({
  ...(ca !== null && { ca: await readPem(ca) }),
  ...(certificate !== null && { cert: await readPem(certificate) }),
  ...(key !== null && { key: await readPem(key) }),
  ...(keyPassphrase !== null && { passphrase: keyPassphrase }),
  ...(serverName !== null && { servername: serverName }),
})

const readPem = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CliError(
      'FILE_UNREADABLE',
      `${file}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    )
  }
}

/**
 * How to reach Redis; rows live as long as their stores say. Throws `CONFIG_INVALID` where none is named,
 * `FILE_UNREADABLE` for a certificate's file.
 */
export const redisOptionsOf = async (
  { redis, topics }: Settings,
  timeToLiveMs: RedisStoreOptions['timeToLiveMs'],
): Promise<RedisStoreOptions> => {
  const { urls, cluster, prefix, tls, username, password, answerMsMax } = redis
  if (urls.length === 0) throw missing('redis.urls', 'FRESHET_REDIS_URLS or --redis')
  const parsed = urls.map((url) => new URL(url))
  return {
    nodes: parsed.map(({ hostname: host, port }) => `${host}:${port === '' ? REDIS_PORT : port}`),
    mode: cluster ? 'cluster' : 'single',
    prefix,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    ...(parsed[0]!.protocol === 'rediss:' && { tls: await tlsOptionsOf(tls) }),
    answerMsMax,
    partitions: topics.partitions,
    timeToLiveMs,
  }
}

const REDIS_PORT = '6379'

/** How to reach the registry; null where this code's own schemas are used. Throws `FILE_UNREADABLE` for a certificate's file. */
export const registryOptionsOf = async ({ registry }: Settings): Promise<RegistryOptions | null> => {
  const { url, ca, username, password } = registry
  if (url === null) return null
  return {
    url,
    ...(ca !== null && { ca: await readPem(ca) }),
    ...(username !== null && { username }),
    ...(password !== null && { password }),
  }
}

/** This worker's name: the same after a restart, so that its partitions come back to it. */
export const memberOf = ({ worker }: Settings): string => worker.member ?? hostname()

const missing = (path: string, how: string): CliError =>
  new CliError('CONFIG_INVALID', `${path} is missing: set it in the file, or give ${how}`)
