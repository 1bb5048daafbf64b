import { createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { withPart } from '../../models/snapshot/whole-directory.ts'
import { CliError, systemCodeOf } from '../errors.ts'

/**
 * Writes a file whole or not at all; packs it where its name ends in `.gz`. A file that is there is replaced once all
 * is written, so it may be what the chunks are made of. Throws `FILE_UNWRITABLE`, or what making the chunks throws.
 */
export const writeWholeFile = async (file: string, chunks: AsyncIterable<Buffer>): Promise<void> => {
  try {
    await withPart(file, async (part) => {
      const whole = join(part, 'whole')
      const written = createWriteStream(whole, { flush: true })
      await (file.endsWith('.gz') ? pipeline(chunks, createGzip(), written) : pipeline(chunks, written))
      await rename(whole, file)
    })
  } catch (error) {
    // Errors of Freshet's own have codes too, but are not the file system's.
    if (!/^E[A-Z]+$/.test(systemCodeOf(error) ?? '')) throw error
    throw new CliError('FILE_UNWRITABLE', `${file}: ${(error as Error).message}`, { cause: error })
  }
}
