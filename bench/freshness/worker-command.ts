import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const PROGRAM = join(import.meta.dirname, '..', '..', 'cli', 'freshet.ts')
const STARTED = 'tells of itself'
const SAID_CHARACTERS_MAX = 4_000

/** `freshet worker` as a person runs it, told everything by its environment. */
export class WorkerCommand {
  private readonly process: ChildProcess
  private said = ''
  private isStarted: () => void = () => undefined

  constructor(environment: Readonly<Record<string, string>>) {
    this.process = spawn(process.execPath, [PROGRAM, 'worker'], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (bytes: Buffer) => this.hear(bytes.toString()))
    }
  }

  /** Throws with its last words when it ends instead. */
  async started(): Promise<void> {
    const ended = once(this.process, 'exit').then(() => {
      throw new Error(`the worker did not start: ${this.said}`)
    })
    const started = new Promise<void>((resolve) => {
      this.isStarted = resolve
      this.hear('')
    })
    await Promise.race([started, ended])
    ended.catch(() => undefined)
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const ended = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await ended
  }

  private hear(text: string): void {
    this.said = (this.said + text).slice(-SAID_CHARACTERS_MAX)
    if (this.said.includes(STARTED)) this.isStarted()
  }
}
