import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exists } from '../cache.ts'
import { KAFKA_VERSION_DEFAULT, type KafkaOptions, type KafkaService } from '../port.ts'
import { freePorts } from '../ports.ts'
import { formatWithUser, kafkaFiles, layLogDirectory, type KafkaFiles } from './kafka-files.ts'
import { SECURE_PORTS, securityOf, type Security } from './kafka-security.ts'
import { NativeProcess } from './process.ts'

const REPLICAS_MAX = 3
const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_SSL', 'SASL_PLAINTEXT']
  .map((protocol) => `${protocol}:${protocol}`)
  .concat('CONTROLLER:PLAINTEXT')
  .join(',')
const MEMORY = ['-Xms256m', '-Xmx256m', '-XX:+UseSerialGC']

/** One node a process on free ports of the loopback interface, with its data in a directory that goes with it. */
export const nativeKafka = async (options: KafkaOptions = {}): Promise<KafkaService> => {
  const files = await kafkaFiles(options.version ?? KAFKA_VERSION_DEFAULT)
  const count = options.nodes ?? 1
  const isSecure = options.secure ?? false
  const allPorts = await freePorts(2 * count + (isSecure ? SECURE_PORTS : 0))
  const ports = allPorts.slice(0, 2 * count)
  const root = await mkdtemp(join(tmpdir(), 'freshet-kafka-'))
  const security = isSecure ? await securityOf(root, allPorts.slice(2 * count)) : undefined
  const nodes = await Promise.all(
    Array.from({ length: count }, (_, index) => layNode(files, root, index, ports, { security })),
  )
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.kill()))
    await rm(root, { recursive: true, force: true })
  }
  try {
    await Promise.all(nodes.map((node) => node.start()))
  } catch (error) {
    await stop()
    throw error
  }
  const brokers = ports.slice(0, count).map((port) => `127.0.0.1:${port}`)
  return { brokers, nodes, stop, ...(security !== undefined && { secure: security.secure }) }
}

/**
 * Starts a node once so that its classes are archived as it ends: later starts take half the time. Best done
 * before any test; without it everything works, more slowly.
 */
export const archiveKafkaClasses = async (options: KafkaOptions = {}): Promise<void> => {
  const files = await kafkaFiles(options.version ?? KAFKA_VERSION_DEFAULT)
  if (await exists(files.archive)) return
  const root = await mkdtemp(join(tmpdir(), 'freshet-kafka-'))
  const archive = join(root, 'classes.jsa')
  const archiving = [`-XX:ArchiveClassesAtExit=${archive}`]
  const node = await layNode(files, root, 0, await freePorts(2), { java: archiving })
  await node.start()
  await node.stop()
  if (await exists(archive)) await moveIntoCache(archive, files.archive)
  await rm(root, { recursive: true, force: true })
}

/** The two may lie on different file systems; half a copy must not be taken for the archive. */
const moveIntoCache = async (from: string, to: string): Promise<void> => {
  await cp(from, `${to}.${process.pid}`)
  await rename(`${to}.${process.pid}`, to)
}

const layNode = async (
  files: KafkaFiles,
  root: string,
  index: number,
  ports: readonly number[],
  own: { readonly java?: readonly string[]; readonly security?: Security | undefined } = {},
): Promise<NativeProcess> => {
  const { java = [], security } = own
  const directory = join(root, `node-${index}`)
  await mkdir(directory)
  if (security === undefined) await layLogDirectory(files.template, join(directory, 'log'), index + 1)
  else await formatWithUser(files, directory, index + 1, security.secure.user)
  const settings = join(directory, 'server.properties')
  const lines = Object.entries(kafkaSettings(directory, index, ports, security)).map(
    ([name, value]) => `${name}=${value}`,
  )
  await writeFile(settings, lines.join('\n'))
  const isArchived = java.length === 0 && (await exists(files.archive))
  const archive = isArchived ? [`-XX:SharedArchiveFile=${files.archive}`, '-Xlog:cds=off'] : java
  return new NativeProcess({
    program: files.java,
    args: [
      ...archive,
      ...MEMORY,
      '-XX:TieredStopAtLevel=1',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-cp',
      files.classPath,
      'kafka.Kafka',
      settings,
    ],
    cwd: directory,
    logFile: join(directory, 'broker.log'),
    answers: () => connects(ports[index]!),
  })
}

/** A node's settings by Kafka's names; `ports` are those of all nodes for clients, then those among themselves. */
export const kafkaSettings = (
  directory: string,
  index: number,
  ports: readonly number[],
  security?: Security,
): Readonly<Record<string, string | number>> => {
  const clients = [`PLAINTEXT://127.0.0.1:${ports[index]!}`, ...(security?.listeners ?? [])]
  const count = ports.length / 2
  const replicas = Math.min(count, REPLICAS_MAX)
  const controllerPorts = ports.slice(count)
  const voters = controllerPorts.map((port, node) => `${node + 1}@127.0.0.1:${port}`).join(',')
  return {
    'process.roles': 'broker,controller',
    'node.id': index + 1,
    'controller.quorum.voters': voters,
    listeners: [...clients, `CONTROLLER://127.0.0.1:${controllerPorts[index]!}`].join(','),
    'advertised.listeners': clients.join(','),
    'listener.security.protocol.map': PROTOCOLS,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(directory, 'log'),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': Math.max(1, replicas - 1),
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': Math.max(1, replicas - 1),
    'group.initial.rebalance.delay.ms': 0,
    // A killed broker's partitions have new leaders after 4 seconds rather than 13.
    'broker.heartbeat.interval.ms': 500,
    'broker.session.timeout.ms': 3000,
    'log.cleaner.dedupe.buffer.size': 16 << 20,
    'num.network.threads': 2,
    'num.io.threads': 4,
    ...security?.settings,
  }
}

/** Whether something listens there. */
export const connects = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
