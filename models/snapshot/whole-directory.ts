import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes files into `root/name`, all of them or none: they are written and synced in a directory of the writer's own,
 * which is then renamed. Where one is whole there already, `taken` says what that means: of several who write the same
 * content at once the first is the one that is used, which is what it means where nothing is said. What is not whole is
 * replaced. Throws what the disk and `taken` say.
 */
export const writeWholeDirectory = async (
  root: string,
  name: string,
  files: Readonly<Record<string, Uint8Array>>,
  taken: () => void = stays,
): Promise<string> => {
  await mkdir(root, { recursive: true })
  const directory = join(root, name)
  await withPart(directory, async (part) => {
    const whole = join(part, 'whole')
    await mkdir(whole)
    for (const [file, bytes] of Object.entries(files)) await writeSynced(join(whole, file), bytes)
    await syncDirectory(whole)
    await place(whole, directory, Object.keys(files), taken)
  })
  await syncDirectory(root)
  return directory
}

const stays = (): void => undefined

/** Times that what is not whole is moved out of the way: another writer may always be a step ahead. */
const PLACE_TRIES = 8

/** Gives a directory the name that it is used by, unless one with such files has it by now. */
const place = async (
  whole: string,
  directory: string,
  files: readonly string[],
  taken: () => void,
): Promise<void> => {
  for (let tries = 1; ; tries++) {
    try {
      return await rename(whole, directory)
    } catch (error) {
      if (await holdsAll(directory, files)) return taken()
      if (tries === PLACE_TRIES) throw error
      // In one step, and not file by file: whoever comes meanwhile finds nothing, and not a part. Where that fails
      // another writer did so, or the next try says why not.
      await rename(directory, `${whole}-replaces-${tries}`).catch(() => undefined)
    }
  }
}

const holdsAll = async (directory: string, files: readonly string[]): Promise<boolean> => {
  const names = await readdir(directory).catch((): string[] => [])
  return files.every((file) => names.includes(file))
}

/** Stands in the names of directories that are not whole. */
const PART = '.part'

/**
 * Has something made in a directory beside `path` that no other writer has, since the disk gives each a name of its
 * own: `.part-` and six characters. What is not moved away from there is dropped; one that dies leaves it behind.
 */
export const withPart = async <Made>(path: string, make: (part: string) => Promise<Made>): Promise<Made> => {
  const part = await mkdtemp(`${path}${PART}-`)
  try {
    return await make(part)
  } finally {
    await rm(part, { recursive: true, force: true })
  }
}

/** Writes a file and makes its bytes durable; its name is, once its directory is synced. */
export const writeSynced = async (path: string, bytes: Uint8Array): Promise<void> => {
  const file = await open(path, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes names within it durable. Windows syncs no directories, and keeps their names without. */
export const syncDirectory = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
