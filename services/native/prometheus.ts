import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from '../cache.ts'
import { onPath, run } from '../command.ts'
import { ServiceUnavailable } from '../port.ts'

const DOWNLOAD_MS_MAX = 300_000
const COMMAND_MS_MAX = 60_000

/** Prometheus' own checker of its files, from PATH or unpacked from Debian's package, which needs no root. */
export const promtool = async (): Promise<string> => {
  const found = await onPath('promtool')
  if (found !== undefined) return found
  if ((await onPath('apt-get')) === undefined || (await onPath('dpkg')) === undefined) {
    throw new ServiceUnavailable('no "promtool" on PATH, and no Debian packages to unpack it from')
  }
  return join(await cached('prometheus', unpack), 'usr', 'bin', 'promtool')
}

const unpack = async (directory: string): Promise<void> => {
  const packages = join(directory, 'packages')
  await mkdir(packages)
  await run('apt-get', ['download', 'prometheus'], { cwd: packages, timeoutMs: DOWNLOAD_MS_MAX })
  for (const file of await readdir(packages)) {
    await run('dpkg', ['-x', join(packages, file), directory], { timeoutMs: COMMAND_MS_MAX })
  }
  await rm(packages, { recursive: true })
}
