import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MIB = 1 << 20
/** Enough for a file system with nothing on it. */
const PROBE_MIB = 16
/** What is left for the file system to note where blocks are; the rest is written block by block. */
const METADATA_MIB = 32
const LAST_BYTES = Buffer.alloc(16 * 1024)

const run = (command: string, ...args: readonly string[]): void => {
  execFileSync(command, args, { stdio: 'pipe' })
}

/**
 * An ext4 of its own in a file, which can turn read-only under a running process, as a failing disk does: a tmpfs
 * refuses that while files are open. Needs root and loop devices on Linux.
 */
export class LoopDisk {
  /** A directory in it, for the data. */
  readonly data: string
  private readonly directory: string
  private readonly image: string
  private readonly mounted: string
  private readonly filler: string

  private constructor(directory: string) {
    this.directory = directory
    this.image = join(directory, 'image')
    this.mounted = join(directory, 'mounted')
    this.data = join(this.mounted, 'data')
    this.filler = join(this.mounted, 'filler')
  }

  /** Why disks cannot be had here; undefined where they can. */
  static missing(): string | undefined {
    const disk = LoopDisk.create(PROBE_MIB)
    if (typeof disk === 'string') return disk
    disk.remove()
    return undefined
  }

  /** The disk, or why there is none. */
  static create(mib: number): LoopDisk | string {
    const disk = new LoopDisk(mkdtempSync(join(tmpdir(), 'freshet-loop-disk-')))
    try {
      writeFileSync(disk.image, '')
      truncateSync(disk.image, mib * MIB)
      run('mkfs.ext4', '-q', '-F', disk.image)
      run('mkdir', disk.mounted)
      disk.mount()
      return disk
    } catch (error) {
      rmSync(disk.directory, { recursive: true })
      return `a file system in a file cannot be mounted here: ${String(error).split('\n')[0]!}`
    }
  }

  /** Writable, with what the journal holds. */
  mount(): void {
    run('mount', '-o', 'loop,errors=remount-ro', this.image, this.mounted)
  }

  /** While nobody has it open. */
  remount(access: 'ro' | 'rw'): void {
    run('mount', '-o', `remount,${access}`, this.mounted)
  }

  /**
   * From now on every write fails with EROFS; what was not synced is lost, as after a power cut. Call it while no
   * acknowledgement is on its way: of a write that ext4 gives up in that moment, fdatasync may say that it is done
   * (seen in 9 of 60 runs of write and fdatasync alone, on Linux 6.18).
   */
  fail(): void {
    run('mount', '-o', 'remount,abort', this.mounted)
  }

  /** Takes all the room there is, until `free`. */
  fill(): void {
    const { bfree, bsize } = statfsSync(this.mounted)
    const bytes = Math.max(0, bfree * bsize - METADATA_MIB * MIB)
    if (bytes > 0) run('fallocate', '-l', `${bytes}`, this.filler)
    try {
      for (;;) appendFileSync(this.filler, LAST_BYTES)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  free(): void {
    rmSync(this.filler, { force: true })
  }

  unmount(): void {
    run('umount', this.mounted)
  }

  remove(): void {
    try {
      this.unmount()
    } finally {
      rmSync(this.directory, { recursive: true })
    }
  }
}
