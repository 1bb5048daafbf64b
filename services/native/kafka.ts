import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exists } from '../cache.ts'
import { KAFKA_VERSION_DEFAULT, type KafkaOptions, type KafkaService } from '../port.ts'
import { freePorts } from '../ports.ts'
import { kafkaFiles, layLogDirectory, type KafkaFiles } from './kafka-files.ts'
import { NativeProcess } from './process.ts'

const REPLICAS_MAX = 3
const MEMORY = ['-Xms256m', '-Xmx256m', '-XX:+UseG1GC']

/** One node a process on free ports of the loopback interface, with its data in a directory that goes with it. */
export const nativeKafka = async (options: KafkaOptions = {}): Promise<KafkaService> => {
  const files = await kafkaFiles(options.version ?? KAFKA_VERSION_DEFAULT)
  const count = options.nodes ?? 1
  const ports = await freePorts(2 * count)
  const root = await mkdtemp(join(tmpdir(), 'freshet-kafka-'))
  const nodes = await Promise.all(
    Array.from({ length: count }, (_, index) => layNode(files, root, index, ports)),
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
  return { brokers: ports.slice(0, count).map((port) => `127.0.0.1:${port}`), nodes, stop }
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
  const node = await layNode(files, root, 0, await freePorts(2), [`-XX:ArchiveClassesAtExit=${archive}`])
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
  extra: readonly string[] = [],
): Promise<NativeProcess> => {
  const directory = join(root, `node-${index}`)
  await mkdir(directory)
  await layLogDirectory(files.template, join(directory, 'log'), index + 1)
  const settings = join(directory, 'server.properties')
  await writeFile(settings, settingsOf(directory, index, ports))
  const isArchived = extra.length === 0 && (await exists(files.archive))
  const archive = isArchived ? [`-XX:SharedArchiveFile=${files.archive}`, '-Xlog:cds=off'] : extra
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

const settingsOf = (directory: string, index: number, ports: readonly number[]): string => {
  const count = ports.length / 2
  const replicas = Math.min(count, REPLICAS_MAX)
  const controllerPorts = ports.slice(count)
  const voters = controllerPorts.map((port, node) => `${node + 1}@127.0.0.1:${port}`).join(',')
  const settings: Readonly<Record<string, string | number>> = {
    'process.roles': 'broker,controller',
    'node.id': index + 1,
    'controller.quorum.voters': voters,
    listeners: `PLAINTEXT://127.0.0.1:${ports[index]!},CONTROLLER://127.0.0.1:${controllerPorts[index]!}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports[index]!}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
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
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')
}

const connects = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
