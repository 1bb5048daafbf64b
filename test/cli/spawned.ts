import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const ENTRY = join(import.meta.dirname, '..', '..', 'cli', 'freshet.ts')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The `freshet` command as a process of its own, in a directory; killed after the test if it still runs. */
export class Spawned {
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>
  private readonly child: ChildProcess

  /** Of this checkout, unless another entry is named. */
  constructor(
    directory: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    entry: string = ENTRY,
  ) {
    this.child = spawn(process.execPath, [entry, ...args], {
      cwd: directory,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout!.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()))
    this.child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }))
    })
    onTestFinished(async () => {
      this.child.kill('SIGKILL')
      await this.ended
    })
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** Waits until stdout holds what is looked for; answers its first group. Throws when the process ends before. */
  async printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.stdout)
      if (found !== null) return found[1] ?? found[0]
      if (this.child.exitCode !== null)
        throw new Error(`it ended with ${this.child.exitCode}: ${this.stderr}`)
      await new Promise((resolve) => {
        this.child.stdout!.once('data', resolve)
        this.child.once('close', resolve)
      })
    }
  }
}

export const freshet = (directory: string, ...args: readonly string[]): Promise<Ended> =>
  new Spawned(directory, args).ended

/** The last line of stdout, which `--json` promises to be the result. */
export const lastJson = ({ stdout }: Ended): Record<string, unknown> =>
  JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<string, unknown>
