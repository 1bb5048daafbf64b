import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where downloads lie, outside any checkout, so that they are made once a machine. */
export const cacheDirectory = (): string =>
  process.env['FRESHET_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'freshet', 'services')

/**
 * A directory of the cache, filled by `make` if it is missing. It comes into being whole or not at all: two
 * processes that make it at once both succeed, and an interrupted one leaves nothing that looks finished.
 */
export const cached = async (name: string, make: (directory: string) => Promise<void>): Promise<string> => {
  const directory = join(cacheDirectory(), name)
  if (await exists(directory)) return directory
  await mkdir(cacheDirectory(), { recursive: true })
  const making = await mkdtemp(join(cacheDirectory(), `${name}.making-`))
  try {
    await make(making)
    await rename(making, directory)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    if (!(await exists(directory))) throw error
  }
  return directory
}

export const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
