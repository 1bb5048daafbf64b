import type { WalFiles } from './wal-files.ts'

/**
 * Makes what was written durable without holding the thread: RocksDB's own synced write would hold it for as long as
 * the device takes, and every other writer with it. Whoever asks while a sync is under way shares the next one with
 * all who do, for the device takes as long for one record as for a hundred.
 *
 * After one that failed nothing may be written any more: the system may have dropped what it could not write, and
 * the next sync would say that all is well (Rebello et al., "Can Applications Recover from fsync Failures?", 2020).
 */
export class WalSync {
  private readonly files: WalFiles
  /** Everything written to the files before this one is on the device. */
  private synced = 0
  private current: Promise<void> | undefined
  private next: Promise<void> | undefined

  constructor(files: WalFiles) {
    this.files = files
  }

  /** Resolves when everything that was written before the call is on the device; throws what the system says. */
  sync(): Promise<void> {
    if (this.current === undefined) return this.begin()
    this.next ??= this.current.then(() => {
      this.next = undefined
      return this.sync()
    })
    return this.next
  }

  async close(): Promise<void> {
    await this.files.close()
  }

  private begin(): Promise<void> {
    this.current = this.run()
    return this.current
  }

  /** What was written since the last sync lies in the file that was the newest then, or in later ones. */
  private async run(): Promise<void> {
    const all = await this.files.numbers()
    const unsynced = all.filter((number) => number >= this.synced).sort((one, other) => one - other)
    for (const number of unsynced) await this.files.sync(number)
    const newest = unsynced.at(-1) ?? this.synced
    if (newest > this.synced) await this.files.syncNames()
    this.synced = newest
    this.current = undefined
  }
}
