import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { KeptProcess } from '../../services/native/kept.ts'

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
  private readonly process: KeptProcess

  /** Of this checkout, unless another entry is named. */
  constructor(
    directory: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    entry: string = ENTRY,
  ) {
    this.process = new KeptProcess({
      program: process.execPath,
      args: [entry, ...args],
      cwd: directory,
      env,
    })
    this.process.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()))
    this.process.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.ended = this.process.ended.then((code) => ({ code, stdout: this.stdout, stderr: this.stderr }))
    onTestFinished(async () => void (await this.process.end('SIGKILL')))
  }

  signal(name: NodeJS.Signals): void {
    this.process.signal(name)
  }

  /** Waits until stdout holds what is looked for; answers its first group. Throws when the process ends before. */
  async printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.stdout)
      if (found !== null) return found[1] ?? found[0]
      const { endedWith } = this.process
      if (endedWith !== null) throw new Error(`it ended with ${endedWith}: ${this.stderr}`)
      const more = new Promise((resolve) => this.process.stdout.once('data', resolve))
      await Promise.race([more, this.ended])
    }
  }
}

export const freshet = (directory: string, ...args: readonly string[]): Promise<Ended> =>
  new Spawned(directory, args).ended

/** The last line of stdout, which `--json` promises to be the result. */
export const lastJson = ({ stdout }: Ended): Record<string, unknown> =>
  JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<string, unknown>
