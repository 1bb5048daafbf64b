import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database, type DatabaseOptions } from '../../engine/storage/database.ts'

/** A data directory of its own, opened one database at a time and removed at the end. */
export class ScratchDisk {
  readonly directory: string
  private readonly parent: string
  private database: Database | undefined

  private constructor(parent: string) {
    this.parent = parent
    this.directory = join(parent, 'data')
  }

  static async make(): Promise<ScratchDisk> {
    return new ScratchDisk(await mkdtemp(join(tmpdir(), 'freshet-test-')))
  }

  /** Closes the database opened before, if any. */
  async open(options: Partial<DatabaseOptions> = {}): Promise<Database> {
    await this.database?.close()
    this.database = await Database.open(this.directory, options)
    return this.database
  }

  async dispose(): Promise<void> {
    await this.database?.close()
    await rm(this.parent, { recursive: true, force: true })
  }
}
