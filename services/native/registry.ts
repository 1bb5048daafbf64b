import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cached } from '../cache.ts'
import { run } from '../command.ts'
import type { RegistryService } from '../port.ts'
import { freePorts } from '../ports.ts'
import { java, maven } from './java.ts'
import { NativeProcess } from './process.ts'

/** The last line of versions that runs on Java 17. */
const VERSION = '2.6.13.Final'
const LEAN = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
const UNPACK_MS_MAX = 120_000

/** Apicurio Registry's files, made once a machine. */
export const registryFiles = async (): Promise<{ readonly java: string; readonly directory: string }> => {
  const { program } = await java()
  const directory = await cached(`apicurio-${VERSION}`, async (making) => {
    const artifact = `-Dartifact=io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`
    await maven('copy', [artifact, `-DoutputDirectory=${making}`])
    const [archive] = (await readdir(making)).filter((name) => name.endsWith('.tar.gz'))
    await run('tar', ['xzf', join(making, archive!), '-C', making], { timeoutMs: UNPACK_MS_MAX })
    await rm(join(making, archive!))
  })
  return { java: program, directory }
}

/** Apicurio Registry, whose schemas are in memory and end with it. */
export const nativeRegistry = async (): Promise<RegistryService> => {
  const files = await registryFiles()
  const [port] = await freePorts(1)
  const directory = await mkdtemp(join(tmpdir(), 'freshet-registry-'))
  const url = `http://127.0.0.1:${port!}/apis/ccompat/v7`
  const jar = join(files.directory, `apicurio-registry-app-${VERSION}-runner.jar`)
  const classPath = [jar, join(files.directory, 'lib', '*')].join(':')
  const process = new NativeProcess({
    program: files.java,
    args: [...LEAN, '-cp', classPath, 'io.quarkus.runner.GeneratedMain'],
    cwd: directory,
    env: { QUARKUS_HTTP_PORT: String(port), QUARKUS_HTTP_HOST: '127.0.0.1' },
    logFile: join(directory, 'registry.log'),
    answers: async () => (await fetch(`${url}/subjects`)).ok,
  })
  const stop = async (): Promise<void> => {
    await process.kill()
    await rm(directory, { recursive: true, force: true })
  }
  await process.start()
  return { url, process, stop }
}
