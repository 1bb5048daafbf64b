import { onPath, run } from '../command.ts'
import { ServiceUnavailable } from '../port.ts'

/** Kafka 4 and Apicurio Registry 2.6 need it. */
const JAVA_MAJOR_MIN = 17
const VERSION_MS_MAX = 30_000
/** 44 MB of jars take a minute on a slow line. */
const DOWNLOAD_MS_MAX = 600_000
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'

/** The Java here, and its version; throws `ServiceUnavailable` where there is none or it is too old. */
export const java = async (): Promise<{ readonly program: string; readonly version: string }> => {
  const program = await onPath('java')
  if (program === undefined) throw new ServiceUnavailable(`no "java" on PATH: install Java ${JAVA_MAJOR_MIN}`)
  const said = await run(program, ['-version'], { timeoutMs: VERSION_MS_MAX })
  const version = /version "([^"]+)"/.exec(said)?.[1] ?? 'unknown'
  if (!(Number.parseInt(version, 10) >= JAVA_MAJOR_MIN)) {
    throw new ServiceUnavailable(`Java is ${version}: install ${JAVA_MAJOR_MIN} or later`)
  }
  return { program, version }
}

/** Downloads by Maven, from Maven Central or whatever mirror its settings name. */
export const maven = async (goal: string, args: readonly string[]): Promise<void> => {
  const program = await onPath('mvn')
  if (program === undefined) throw new ServiceUnavailable('no "mvn" on PATH: install Maven')
  await run(program, ['-q', '-B', `${DEPENDENCY_PLUGIN}:${goal}`, ...args], { timeoutMs: DOWNLOAD_MS_MAX })
}
