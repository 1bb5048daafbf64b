import { prepareCheckers } from './checkers.ts'
import { containerEngine } from './containers/engine.ts'
import { containerServices } from './containers/index.ts'
import { openssl } from './native/certificates.ts'
import { archiveKafkaClasses, nativeKafka } from './native/kafka.ts'
import { nativeRedis, nativeRedisCluster, redisFiles } from './native/redis.ts'
import { nativeRegistry, registryFiles } from './native/registry.ts'
import { npmPackage } from './npm.ts'
import { type KafkaVersion, type ServiceProvider, ServiceUnavailable } from './port.ts'

/** Processes of this machine. */
export const nativeServices: ServiceProvider = {
  kafka: nativeKafka,
  redis: nativeRedis,
  redisCluster: nativeRedisCluster,
  registry: nativeRegistry,
}

/**
 * Which of the two ways to go, "containers" or "native". Left out: as a process, and where that cannot be had, as a
 * container. Processes come first, also where an engine of containers answers, for all that tests ask for can be had
 * of them (TLS, a Redis Cluster, a clock that is stopped by a signal), the same on every machine, and a process
 * starts in a fraction of the time.
 */
const WAY = 'FRESHET_SERVICES'

const either = async <Service>(
  start: (provider: ServiceProvider) => Promise<Service>,
  name: StartedName,
  version?: KafkaVersion,
): Promise<Service> => start((await isContained(name, version)) ? containerServices : nativeServices)

/** Whether a service is to be a container. Throws `ServiceUnavailable` where it cannot be had in either way. */
const isContained = async (name: StartedName, version?: KafkaVersion): Promise<boolean> => {
  const way = process.env[WAY]
  const mayBe = CONTAINED.has(name)
  if (way === 'containers') {
    if (!mayBe)
      throw new ServiceUnavailable(`${name} is started as processes only, and ${WAY} asks for containers`)
    await containerEngine()
    return true
  }
  try {
    await prepareNative(name, version)
    return false
  } catch (error) {
    if (!(error instanceof ServiceUnavailable) || !mayBe || way === 'native') throw error
    await containerEngine().catch(() => {
      throw error
    })
    return true
  }
}

/** Real services of this machine, however they can be had. */
export const realServices: ServiceProvider = {
  kafka: (options = {}) => {
    const name = options.secure === true ? 'secure-kafka' : 'kafka'
    return either((provider) => provider.kafka(options), name, options.version)
  },
  redis: (options = {}) =>
    either((provider) => provider.redis(options), options.tls === true ? 'secure-redis' : 'redis'),
  redisCluster: () => either((provider) => provider.redisCluster(), 'redis-cluster'),
  registry: () => either((provider) => provider.registry(), 'registry'),
}

/** Downloads and prepares a service, once a machine; throws `ServiceUnavailable` where it cannot be had. */
export const prepareService = async (name: ServiceName, version?: KafkaVersion): Promise<void> => {
  if (isStarted(name)) await isContained(name, version)
  else await prepareNative(name, version)
}

const prepareNative = async (name: ServiceName, version?: KafkaVersion): Promise<void> => {
  switch (name) {
    case 'secure-kafka':
      await openssl()
      return prepareNative('kafka', version)
    case 'kafka':
      return archiveKafkaClasses(version === undefined ? {} : { version })
    case 'secure-redis':
      await openssl()
      return prepareNative('redis')
    case 'redis':
    case 'redis-cluster':
      await redisFiles()
      return
    case 'registry':
      await registryFiles()
      return
    case 'confluent-client':
      await confluentClient()
      return
    case 'checkers':
      await prepareCheckers()
  }
}

/** The directory of Confluent's registry client for JavaScript, as publishers use it. */
export const confluentClient = (): Promise<string> => npmPackage('@confluentinc/schemaregistry', '1.10.1')

/** What is downloaded. */
export const SERVICE_NAMES = ['kafka', 'redis', 'registry', 'confluent-client', 'checkers'] as const
/** Made of the same downloads, as processes only: with TLS (and SASL), or of several nodes. */
export const VARIANT_NAMES = ['secure-kafka', 'secure-redis', 'redis-cluster'] as const
export type ServiceName = (typeof SERVICE_NAMES)[number] | (typeof VARIANT_NAMES)[number]

type StartedName = Exclude<ServiceName, 'confluent-client' | 'checkers'>

/** The others are looked up or installed, never started. */
const isStarted = (name: ServiceName): name is StartedName =>
  name !== 'confluent-client' && name !== 'checkers'

const CONTAINED: ReadonlySet<StartedName> = new Set(['kafka', 'redis', 'registry'])
