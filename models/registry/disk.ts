import { link, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory, withPart, writeSynced } from '../snapshot/whole-directory.ts'

/** What a registry asks of the disk, each call all or nothing; names lie right below its root. */
export interface RegistryDisk {
  list(): Promise<readonly string[]>
  /** Null: there is no such file. */
  read(name: string): Promise<string | null>
  /** Writes a durable file that was not there; false, and nothing is written, where it was. */
  create(name: string, text: string): Promise<boolean>
  /** A file or a directory with all it holds; nothing where there is none. */
  remove(name: string): Promise<void>
  /** When it was last written, wall milliseconds; null where there is none. */
  writtenAt(name: string): Promise<number | null>
}

/** The directory `root`, made if it is missing. What is not whole yet bears the writer's name. */
export const registryDisk = async (root: string, writer: string): Promise<RegistryDisk> => {
  await mkdir(root, { recursive: true })
  return {
    list: () => readdir(root),
    read: (name) => absentAs(null, readFile(join(root, name), 'utf8')),
    create: (name, text) =>
      // Of each call its own, for one process changes several things at once, and many have the same id.
      withPart(join(root, `${name}.${writer}`), async (part) => {
        const whole = join(part, name)
        await writeSynced(whole, Buffer.from(text))
        try {
          await link(whole, join(root, name))
        } catch (error) {
          if (codeOf(error) === 'EEXIST') return false
          throw error
        }
        await syncDirectory(root)
        return true
      }),
    remove: (name) => rm(join(root, name), { recursive: true, force: true }),
    writtenAt: (name) =>
      absentAs(
        null,
        stat(join(root, name)).then(({ mtimeMs }) => mtimeMs),
      ),
  }
}

const absentAs = async <Value, Absent>(absent: Absent, read: Promise<Value>): Promise<Value | Absent> => {
  try {
    return await read
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return absent
    throw error
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
