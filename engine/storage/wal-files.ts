import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What `WalSync` needs of a directory. */
export interface WalFiles {
  /** Numbers of the write-ahead logs that are there, in no order. */
  numbers(): Promise<number[]>
  /** Resolves when what was written to one is on the device, or when the file is gone: then tables hold its rows. */
  sync(number: number): Promise<void>
  /** Resolves when the names of files are on the device. */
  syncNames(): Promise<void>
  close(): Promise<void>
}

/** As RocksDB names them: `000123.log`. */
const WAL_NAME = /^(\d+)\.log$/
const NUMBER_DIGITS = 6

/** The write-ahead logs of an open RocksDB. Keeps the file open that it synced last. */
export class RocksWalFiles implements WalFiles {
  private readonly directory: string
  private kept: { readonly number: number; readonly file: FileHandle } | undefined

  constructor(directory: string) {
    this.directory = directory
  }

  async numbers(): Promise<number[]> {
    const names = await readdir(this.directory)
    return names.flatMap((name) => {
      const match = WAL_NAME.exec(name)
      return match === null ? [] : [Number(match[1])]
    })
  }

  async sync(number: number): Promise<void> {
    if (this.kept?.number !== number) await this.keep(number)
    if (this.kept?.number === number) await this.kept.file.datasync()
  }

  async syncNames(): Promise<void> {
    const directory = await open(this.directory)
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  }

  async close(): Promise<void> {
    const { kept } = this
    this.kept = undefined
    await kept?.file.close()
  }

  private async keep(number: number): Promise<void> {
    const file = await opened(this.path(number))
    if (file === undefined) return
    await this.close()
    this.kept = { number, file }
  }

  private path(number: number): string {
    return join(this.directory, `${String(number).padStart(NUMBER_DIGITS, '0')}.log`)
  }
}

const opened = async (path: string): Promise<FileHandle | undefined> => {
  try {
    return await open(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
