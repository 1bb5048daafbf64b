import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { cached } from '../cache.ts'
import { run } from '../command.ts'
import type { KafkaVersion } from '../port.ts'
import { java, maven } from './java.ts'

const FORMAT_MS_MAX = 120_000
/** Any 16 bytes in base64. */
const CLUSTER_ID = 'ZnJlc2hldC1zZXJ2aWNlcw'

const pom = (version: string): string => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>freshet</groupId><artifactId>kafka-broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

export const SCRAM = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

export interface KafkaFiles {
  readonly java: string
  readonly classPath: string
  /** Options by which the JVM loads classes from an archive, for a start in half the time; none at first. */
  readonly archive: string
  /** A formatted log directory, to copy. */
  readonly template: string
}

/** Kafka's jars and a formatted log directory, made once a machine. */
export const kafkaFiles = async (version: KafkaVersion): Promise<KafkaFiles> => {
  const { program, version: javaVersion } = await java()
  const jars = await cached(`kafka-${version}`, async (directory) => {
    await writeFile(join(directory, 'pom.xml'), pom(version))
    const libs = `-DoutputDirectory=${join(directory, 'libs')}`
    await maven('copy-dependencies', ['-f', join(directory, 'pom.xml'), libs, '-DincludeScope=runtime'])
  })
  const classPath = join(jars, 'libs', '*')
  const template = await cached(`kafka-${version}-formatted`, (directory) =>
    format(program, classPath, directory),
  )
  return { java: program, classPath, template, archive: join(jars, `classes-${javaVersion}.jsa`) }
}

/** Formats a node's own log directory, for users who are known by SCRAM from the first start on. */
export const formatWithUser = async (
  { java: program, classPath }: KafkaFiles,
  directory: string,
  node: number,
  user: { readonly username: string; readonly password: string },
): Promise<void> => {
  const credentials = SCRAM.flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${user.username},password=${user.password}]`,
  ])
  await format(program, classPath, directory, node, credentials)
}

/** Lays a node's own copy of the formatted directory, which takes no second Java start. */
export const layLogDirectory = async (template: string, directory: string, node: number): Promise<void> => {
  await cp(join(template, 'log'), directory, { recursive: true })
  const file = join(directory, 'meta.properties')
  const properties = await readFile(file, 'utf8')
  const own = properties
    .replace(/^node\.id=.*$/m, `node.id=${node}`)
    .replace(/^directory\.id=.*$/m, `directory.id=${directoryId()}`)
  await writeFile(file, own)
}

/** 16 bytes in base64 for URLs; Kafka refuses one that begins with a dash. */
const directoryId = (): string => {
  const id = randomBytes(16)
  id[0]! &= 0x7f
  return id.toString('base64url')
}

const format = async (
  program: string,
  classPath: string,
  directory: string,
  node = 1,
  options: readonly string[] = [],
): Promise<void> => {
  const log = join(directory, 'log')
  await mkdir(log)
  const settings = join(directory, 'format.properties')
  await writeFile(
    settings,
    [
      'process.roles=broker,controller',
      `node.id=${node}`,
      `controller.quorum.voters=${node}@127.0.0.1:1`,
      'listeners=PLAINTEXT://127.0.0.1:2,CONTROLLER://127.0.0.1:1',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'controller.listener.names=CONTROLLER',
      `log.dirs=${log}`,
    ].join('\n'),
  )
  const command = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', settings, ...options]
  const lean = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
  await run(program, [...lean, '-cp', classPath, ...command], { timeoutMs: FORMAT_MS_MAX })
  await rm(settings)
}
