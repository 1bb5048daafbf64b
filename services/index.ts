import { prepareCheckers } from './checkers.ts'
import { containerEngine } from './containers/engine.ts'
import { containerServices } from './containers/index.ts'
import { archiveKafkaClasses, nativeKafka } from './native/kafka.ts'
import { nativeRedis, nativeRedisCluster, redisFiles } from './native/redis.ts'
import { nativeRegistry, registryFiles } from './native/registry.ts'
import { npmPackage } from './npm.ts'
import { type KafkaVersion, type ServiceProvider, ServiceUnavailable } from './port.ts'

/** Processes of this machine, for where no container engine is. */
export const nativeServices: ServiceProvider = {
  kafka: nativeKafka,
  redis: nativeRedis,
  redisCluster: nativeRedisCluster,
  registry: nativeRegistry,
}

/** Which of the two ways to go; left out: as a process, and where that cannot be had, as a container. */
const WAY = 'FRESHET_SERVICES'

const either = async <Service>(
  native: (provider: ServiceProvider) => Promise<Service>,
  name: ServiceName,
): Promise<Service> => native((await isContained(name)) ? containerServices : nativeServices)

/** Whether a service is to be a container. Throws `ServiceUnavailable` where it cannot be had in either way. */
const isContained = async (name: ServiceName, version?: KafkaVersion): Promise<boolean> => {
  const way = process.env[WAY]
  if (way === 'containers') await containerEngine()
  if (way === 'containers' || way === 'native') return way === 'containers'
  try {
    await prepareNative(name, version)
    return false
  } catch (error) {
    if (!(error instanceof ServiceUnavailable) || !CONTAINED.has(name)) throw error
    await containerEngine().catch(() => {
      throw error
    })
    return true
  }
}

const CONTAINED: ReadonlySet<ServiceName> = new Set(['kafka', 'redis', 'registry'])

/** Real services of this machine, however they can be had. */
export const realServices: ServiceProvider = {
  kafka: (options) => either((provider) => provider.kafka(options), 'kafka'),
  redis: (options) => either((provider) => provider.redis(options), 'redis'),
  redisCluster: () => either((provider) => provider.redisCluster(), 'redis'),
  registry: () => either((provider) => provider.registry(), 'registry'),
}

/** Downloads and prepares a service, once a machine; throws `ServiceUnavailable` where it cannot be had. */
export const prepareService = async (name: ServiceName, version?: KafkaVersion): Promise<void> => {
  if (CONTAINED.has(name)) await isContained(name, version)
  else await prepareNative(name, version)
}

const prepareNative = async (name: ServiceName, version?: KafkaVersion): Promise<void> => {
  switch (name) {
    case 'kafka':
      return archiveKafkaClasses(version === undefined ? {} : { version })
    case 'redis':
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

export const SERVICE_NAMES = ['kafka', 'redis', 'registry', 'confluent-client', 'checkers'] as const
export type ServiceName = (typeof SERVICE_NAMES)[number]
