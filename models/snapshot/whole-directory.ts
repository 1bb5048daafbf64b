import { mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes files into `root/name`, all of them or none: they are written and synced in a directory beside it, which
 * is then renamed. What stood there before is replaced. One writer a root. Throws what the disk says.
 */
export const writeWholeDirectory = async (
  root: string,
  name: string,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<string> => {
  const directory = join(root, name)
  const part = `${directory}${PART}`
  // Left by a writer that died.
  await rm(part, { recursive: true, force: true })
  await mkdir(part, { recursive: true })
  for (const [file, bytes] of Object.entries(files)) await writeSynced(join(part, file), bytes)
  await syncDirectory(part)
  await rm(directory, { recursive: true, force: true })
  await rename(part, directory)
  await syncDirectory(root)
  return directory
}

/** Ends the names of directories that are not whole. */
export const PART = '.part'

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
