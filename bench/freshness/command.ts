import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const PROGRAM = join(import.meta.dirname, '..', '..', 'cli', 'freshet.ts')
/** What a command prints once it runs, and where it answers. */
const STARTED = { worker: /tells of itself at (http:\S+)\. /, serve: /serves at (http:\S+)\. / } as const
const SAID_CHARACTERS_MAX = 4_000

/** `freshet worker` or `freshet serve` as a person runs it, told everything by its environment. */
export class FreshetCommand {
  private readonly name: keyof typeof STARTED
  private readonly process: ChildProcess
  private said = ''
  private isStarted: (url: string) => void = () => undefined

  constructor(name: keyof typeof STARTED, environment: Readonly<Record<string, string>>) {
    this.name = name
    this.process = spawn(process.execPath, [PROGRAM, name], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (bytes: Buffer) => this.hear(bytes.toString()))
    }
  }

  /** Answers its URL. Throws with its last words when it ends instead. */
  async started(): Promise<string> {
    const ended = once(this.process, 'exit').then((): never => {
      throw new Error(`freshet ${this.name} did not start: ${this.said}`)
    })
    const started = new Promise<string>((resolve) => {
      this.isStarted = resolve
      this.hear('')
    })
    ended.catch(() => undefined)
    return Promise.race([started, ended])
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    const ended = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await ended
  }

  private hear(text: string): void {
    this.said = (this.said + text).slice(-SAID_CHARACTERS_MAX)
    const url = STARTED[this.name].exec(this.said)?.[1]
    if (url !== undefined) this.isStarted(url)
  }
}
