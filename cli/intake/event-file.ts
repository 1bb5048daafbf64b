import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CliError, systemCodeOf } from '../errors.ts'

const CHUNK_BYTES = 1 << 20

/** Codes of the file system and of zlib; the engine's own are words. */
const FILE_ERROR = /^(E[A-Z]+|Z_[A-Z_]+)$/

/** The chunks of a file of events: NDJSON, or gzip of it where the name ends in `.gz`. */
export const eventFileStream = (file: string): Readable => {
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES })
  // The reader of the last stream gets the error; this callback only keeps it from being thrown twice.
  return file.endsWith('.gz') ? pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined) : raw
}

/** What reading the file failed on, as `FILE_UNREADABLE`; an error that is not the file's is answered as it is. */
export const readingError = (file: string, error: unknown): unknown =>
  FILE_ERROR.test(systemCodeOf(error) ?? '') ? unreadable(file, error) : error

/** Throws `FILE_UNREADABLE` before anything is opened for a file that is not there. */
export const assertReadable = async (file: string): Promise<void> => {
  try {
    const handle = await open(file)
    const stats = await handle.stat()
    await handle.close()
    if (stats.isDirectory()) throw new Error('it is a directory')
  } catch (error) {
    throw unreadable(file, error)
  }
}

const unreadable = (file: string, error: unknown): CliError =>
  new CliError('FILE_UNREADABLE', `${file}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  })
