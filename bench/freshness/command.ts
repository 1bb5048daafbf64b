import { join } from 'node:path'
import { KeptProcess } from '../../services/native/kept.ts'

const PROGRAM = join(import.meta.dirname, '..', '..', 'cli', 'freshet.ts')
/** What a command prints once it runs, and where it answers. */
const STARTED = { worker: /tells of itself at (http:\S+)\. /, serve: /serves at (http:\S+)\. / } as const
const SAID_CHARACTERS_MAX = 4_000

/** `freshet worker` or `freshet serve` as a person runs it, told everything by its environment. */
export class FreshetCommand {
  private readonly name: keyof typeof STARTED
  private readonly process: KeptProcess
  private said = ''
  private isStarted: (url: string) => void = () => undefined

  constructor(name: keyof typeof STARTED, environment: Readonly<Record<string, string>>) {
    this.name = name
    this.process = new KeptProcess({ program: process.execPath, args: [PROGRAM, name], env: environment })
    this.process.onOutput((bytes) => this.hear(bytes.toString()))
  }

  /** Answers its URL. Throws with its last words when it ends instead. */
  async started(): Promise<string> {
    const ended = this.process.ended.then((): never => {
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
    await this.process.end('SIGKILL')
  }

  private hear(text: string): void {
    this.said = (this.said + text).slice(-SAID_CHARACTERS_MAX)
    const url = STARTED[this.name].exec(this.said)?.[1]
    if (url !== undefined) this.isStarted(url)
  }
}
