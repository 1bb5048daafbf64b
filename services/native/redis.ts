import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cached } from '../cache.ts'
import { onPath, run } from '../command.ts'
import {
  ServiceUnavailable,
  type RedisClusterService,
  type RedisOptions,
  type RedisService,
} from '../port.ts'
import { freePorts, until } from '../ports.ts'
import { makeCertificates } from './certificates.ts'
import { NativeProcess } from './process.ts'

const CLUSTER_NODES = 3
const COMMAND_MS_MAX = 60_000
const DOWNLOAD_MS_MAX = 300_000
const CLUSTER_MS_MAX = 30_000
/** Redis and those of its libraries that a lean Debian lacks. */
const DEBIAN_PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1']

/** Nothing is kept on disk. */
export const IN_MEMORY = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']

interface RedisFiles {
  readonly server: string
  readonly cli: string
  readonly env: Readonly<Record<string, string>>
}

/** Redis from PATH, or unpacked from Debian's packages, which needs no root. */
export const redisFiles = async (): Promise<RedisFiles> => {
  const [server, cli] = await Promise.all([onPath('redis-server'), onPath('redis-cli')])
  if (server !== undefined && cli !== undefined) return { server, cli, env: {} }
  if ((await onPath('apt-get')) === undefined || (await onPath('dpkg')) === undefined) {
    throw new ServiceUnavailable('no "redis-server" on PATH, and no Debian packages to unpack it from')
  }
  const root = await cached('redis', unpack)
  const libraries = join(root, 'usr', 'lib')
  const [architecture] = (await readdir(libraries)).filter((name) => name.endsWith('-linux-gnu'))
  return {
    server: join(root, 'usr', 'bin', 'redis-server'),
    cli: join(root, 'usr', 'bin', 'redis-cli'),
    env: { LD_LIBRARY_PATH: join(libraries, architecture ?? '') },
  }
}

const unpack = async (directory: string): Promise<void> => {
  const packages = join(directory, 'packages')
  await mkdir(packages)
  await run('apt-get', ['download', ...DEBIAN_PACKAGES], { cwd: packages, timeoutMs: DOWNLOAD_MS_MAX })
  for (const file of await readdir(packages)) {
    await run('dpkg', ['-x', join(packages, file), directory], { timeoutMs: COMMAND_MS_MAX })
  }
  await rm(packages, { recursive: true })
}

export const nativeRedis = async (options: RedisOptions = {}): Promise<RedisService> => {
  const { memoryBytesMax = 0, password, tls = false } = options
  const [port, tlsPort] = await freePorts(2)
  const memory = ['--maxmemory', String(memoryBytesMax), '--maxmemory-policy', 'noeviction']
  const guarded = password === undefined ? memory : [...memory, '--requirepass', password]
  const files = await redisFiles()
  return tls ? startWithTls(files, port!, tlsPort!, guarded) : startNode(files, port!, guarded)
}

const startWithTls = async (
  files: RedisFiles,
  port: number,
  tlsPort: number,
  args: readonly string[],
): Promise<RedisService> => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-redis-tls-'))
  const { authorityFile, certificateFile, keyFile, authority } = await makeCertificates(directory)
  const listening = ['--tls-port', String(tlsPort), '--tls-auth-clients', 'no']
  const own = ['--tls-cert-file', certificateFile, '--tls-key-file', keyFile]
  const trusted = ['--tls-ca-cert-file', authorityFile]
  const node = await startNode(files, port, [...args, ...listening, ...own, ...trusted])
  const stop = async (): Promise<void> => {
    await node.stop()
    await rm(directory, { recursive: true, force: true })
  }
  return { ...node, tls: { port: tlsPort, authority }, stop }
}

export const nativeRedisCluster = async (): Promise<RedisClusterService> => {
  const files = await redisFiles()
  const ports = await freePorts(2 * CLUSTER_NODES)
  const nodes = await Promise.all(
    Array.from({ length: CLUSTER_NODES }, (_, index) =>
      startNode(files, ports[index]!, [
        '--cluster-enabled',
        'yes',
        '--cluster-node-timeout',
        '2000',
        '--cluster-port',
        String(ports[CLUSTER_NODES + index]!),
      ]),
    ),
  )
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    await joinNodes(files, nodes)
  } catch (error) {
    await stop()
    throw error
  }
  return { nodes, stop }
}

const joinNodes = async ({ cli, env }: RedisFiles, nodes: readonly RedisService[]): Promise<void> => {
  const addresses = nodes.map(({ host, port }) => `${host}:${port}`)
  const create = ['--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes']
  await run('env', [...assignments(env), cli, ...create], { timeoutMs: COMMAND_MS_MAX })
  const started = performance.now()
  const isJoined = async ({ port }: RedisService): Promise<boolean> =>
    (await ask(port, 'CLUSTER INFO')).includes('cluster_state:ok')
  await until(
    async () => (await Promise.all(nodes.map(isJoined))).every(Boolean),
    () => (performance.now() - started > CLUSTER_MS_MAX ? 'the Redis nodes did not join' : undefined),
  )
}

const startNode = async (
  { server, env }: RedisFiles,
  port: number,
  args: readonly string[],
): Promise<RedisService> => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-redis-'))
  const process = new NativeProcess({
    program: server,
    args: [...IN_MEMORY, '--port', String(port), '--dir', directory, ...args],
    cwd: directory,
    env,
    logFile: join(directory, 'redis.log'),
    answers: () => redisAnswers(port),
  })
  const stop = async (): Promise<void> => {
    await process.kill()
    await rm(directory, { recursive: true, force: true })
  }
  await process.start()
  return { host: '127.0.0.1', port, process, stop }
}

export const redisAnswers = async (port: number): Promise<boolean> =>
  /^(\+PONG|-NOAUTH)/.test(await ask(port, 'PING'))

/** One inline command, and what comes back first. */
const ask = (port: number, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`))
    socket.once('data', (bytes) => {
      socket.destroy()
      resolve(bytes.toString())
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed without an answer')))
  })

const assignments = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`)
