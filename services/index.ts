import { prepareCheckers } from './checkers.ts'
import { archiveKafkaClasses, nativeKafka } from './native/kafka.ts'
import { nativeRedis, nativeRedisCluster, redisFiles } from './native/redis.ts'
import { nativeRegistry, registryFiles } from './native/registry.ts'
import { npmPackage } from './npm.ts'
import type { KafkaVersion, ServiceProvider } from './port.ts'

/** Processes of this machine, for where no container engine is. */
export const nativeServices: ServiceProvider = {
  kafka: nativeKafka,
  redis: nativeRedis,
  redisCluster: nativeRedisCluster,
  registry: nativeRegistry,
}

/** Downloads and prepares a service, once a machine; throws `ServiceUnavailable` where it cannot be had. */
export const prepareService = async (name: ServiceName, version?: KafkaVersion): Promise<void> => {
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
