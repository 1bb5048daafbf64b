import { connects, kafkaSettings } from '../native/kafka.ts'
import { IN_MEMORY, redisAnswers } from '../native/redis.ts'
import {
  KAFKA_VERSION_DEFAULT,
  type KafkaOptions,
  type KafkaService,
  type RedisOptions,
  type RedisService,
  type RegistryService,
  type ServiceProvider,
  ServiceUnavailable,
} from '../port.ts'
import { freePorts } from '../ports.ts'
import { ContainerProcess } from './process.ts'

const REDIS_IMAGE = 'redis:8.2'
const REGISTRY_IMAGE = 'apicurio/apicurio-registry-mem:2.6.13.Final'
const KAFKA_DIRECTORY = '/tmp/kafka'
/** The image formats its log with it; nodes of one cluster share it. */
const CLUSTER_ID = 'ZnJlc2hldC1zZXJ2aWNlcw'

const redis = async (options: RedisOptions = {}): Promise<RedisService> => {
  const { memoryBytesMax = 0, password, tls = false } = options
  if (tls) throw new ServiceUnavailable('Redis with TLS is started as a process only')
  const [port] = await freePorts(1)
  const memory = ['--maxmemory', String(memoryBytesMax), '--maxmemory-policy', 'noeviction']
  const guarded = password === undefined ? memory : [...memory, '--requirepass', password]
  const process = new ContainerProcess({
    image: REDIS_IMAGE,
    command: ['redis-server', ...IN_MEMORY, '--port', String(port), ...guarded],
    answers: () => redisAnswers(port!),
  })
  await process.start()
  return { host: '127.0.0.1', port: port!, process, stop: () => process.stop() }
}

const kafka = async (options: KafkaOptions = {}): Promise<KafkaService> => {
  const { nodes: count = 1, version = KAFKA_VERSION_DEFAULT, secure = false } = options
  if (secure) throw new ServiceUnavailable('Kafka with TLS and SASL is started as a process only')
  const ports = await freePorts(2 * count)
  const nodes = Array.from({ length: count }, (_, index) => {
    const settings = Object.entries(kafkaSettings(KAFKA_DIRECTORY, index, ports))
    return new ContainerProcess({
      image: `apache/kafka:${version}`,
      environment: {
        CLUSTER_ID,
        ...Object.fromEntries(settings.map(([name, value]) => [variableOf(name), String(value)])),
      },
      answers: () => connects(ports[index]!),
    })
  })
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    await Promise.all(nodes.map((node) => node.start()))
  } catch (error) {
    await stop()
    throw error
  }
  return { brokers: ports.slice(0, count).map((port) => `127.0.0.1:${port}`), nodes, stop }
}

/** The image takes `log.dirs` as KAFKA_LOG_DIRS. */
const variableOf = (name: string): string => `KAFKA_${name.replaceAll('.', '_').toUpperCase()}`

const registry = async (): Promise<RegistryService> => {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`
  const process = new ContainerProcess({
    image: REGISTRY_IMAGE,
    environment: { QUARKUS_HTTP_PORT: String(port), QUARKUS_HTTP_HOST: '127.0.0.1' },
    answers: async () => (await fetch(`${url}/subjects`)).ok,
  })
  await process.start()
  return { url, process, stop: () => process.stop() }
}

const redisCluster = (): never => {
  throw new ServiceUnavailable('a Redis Cluster is started as processes only')
}

/** Containers, for machines that have an engine of them and not the programs themselves. */
export const containerServices: ServiceProvider = {
  kafka,
  redis,
  registry,
  redisCluster: async () => redisCluster(),
}
