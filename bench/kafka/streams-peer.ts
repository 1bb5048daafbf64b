import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cached } from '../../services/cache.ts'
import { onPath, run } from '../../services/command.ts'
import { java } from '../../services/native/java.ts'
import { ServiceUnavailable } from '../../services/port.ts'
import { bytesIn } from '../disk-bytes.ts'

const SOURCES = join(import.meta.dirname, '..', 'peers', 'streams')
const MAIN = 'freshet.peer.UserAuthorPeer'
/** RocksDB's jar alone is 70 MB. */
const BUILD_MS_MAX = 900_000
const RUN_MS_MAX = 1_800_000

export interface StreamsPeer {
  readonly java: string
  readonly classPath: string
}

export interface StreamsOptions {
  readonly brokers: readonly string[]
  /** By its name on the brokers. */
  readonly topic: string
  readonly application: string
  readonly threads: number
  readonly commitIntervalMs: number
}

export interface StreamsResult {
  readonly events: number
  readonly keys: number
  /** From the first record processed to the commit of the last. */
  readonly ms: number
  /** The peer's processor time meanwhile. */
  readonly processorMs: number
  /** Of the directory that its state lay in, when it had ended. */
  readonly diskBytes: number
}

/** Builds the peer with Maven, once for what its sources hold; throws `ServiceUnavailable` where that cannot be. */
export const buildStreamsPeer = async (): Promise<StreamsPeer> => {
  const { program } = await java()
  const maven = await onPath('mvn')
  if (maven === undefined) throw new ServiceUnavailable('no "mvn" on PATH: install Maven')
  const output = await cached(`streams-peer-${versionOfSources()}`, async (directory) => {
    const args = ['-q', '-B', '-f', join(SOURCES, 'pom.xml'), `-Dpeer.output=${directory}`, 'process-classes']
    await run(maven, args, { timeoutMs: BUILD_MS_MAX })
  })
  return { java: program, classPath: [join(output, 'classes'), join(output, 'libs', '*')].join(':') }
}

/** Runs the peer over a topic from its beginning to its end, with state of its own. */
export const runStreamsPeer = async (peer: StreamsPeer, options: StreamsOptions): Promise<StreamsResult> => {
  const state = await mkdtemp(join(tmpdir(), 'freshet-streams-'))
  try {
    const flags = {
      brokers: options.brokers.join(','),
      topic: options.topic,
      application: options.application,
      threads: options.threads,
      'commit-ms': options.commitIntervalMs,
      state,
    }
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'
    const said = await run(peer.java, [quiet, '-cp', peer.classPath, MAIN, ...args], {
      timeoutMs: RUN_MS_MAX,
    })
    const line = said.split('\n').find((each) => each.startsWith('{'))
    if (line === undefined) throw new Error(`the Streams peer gave no result: ${said}`)
    const result = JSON.parse(line) as Omit<StreamsResult, 'diskBytes'>
    return { ...result, diskBytes: await bytesIn(state) }
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

const versionOfSources = (): string => {
  const hash = createHash('sha256')
  for (const file of globSync('{pom.xml,src/**/*.java}', { cwd: SOURCES }).sort()) {
    hash.update(file)
    hash.update(readFileSync(join(SOURCES, file)))
  }
  return hash.digest('hex').slice(0, 16)
}
