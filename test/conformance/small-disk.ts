import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MIB = 1 << 20

/** A real file system of a few megabytes in memory, to fill. Mounting one needs root on Linux. */
export class SmallDisk {
  /** What is mounted here. */
  readonly directory: string
  /** A directory in it, for the database. */
  readonly data: string

  private constructor(directory: string) {
    this.directory = directory
    this.data = join(directory, 'data')
  }

  /** The disk, or why there is none. */
  static mount(mib: number): SmallDisk | string {
    const directory = mkdtempSync(join(tmpdir(), 'freshet-small-disk-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', directory], { stdio: 'pipe' })
      return new SmallDisk(directory)
    } catch (error) {
      rmSync(directory, { recursive: true })
      return `a small file system cannot be mounted here: ${String(error).split('\n')[0]!}`
    }
  }

  /** Takes space away, as another program would. */
  occupy(mib: number): void {
    writeFileSync(join(this.directory, 'ballast'), Buffer.alloc(mib * MIB))
  }

  free(): void {
    rmSync(join(this.directory, 'ballast'))
  }

  readOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.directory], { stdio: 'pipe' })
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.directory], { stdio: 'pipe' })
    rmSync(this.directory, { recursive: true })
  }
}
