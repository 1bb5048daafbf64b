import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

const START_MS_MAX = 60_000
const OUTPUT_CHARACTERS_MAX = 20_000

/** `freshet up` ended before it listened. */
export class DidNotStart extends Error {
  readonly exitCode: number | null
  /** What it said on stderr. */
  readonly said: string

  constructor(exitCode: number | null, said: string) {
    super(`freshet up ended with ${exitCode}: ${said}`)
    this.name = 'DidNotStart'
    this.exitCode = exitCode
    this.said = said
  }
}

/** A `freshet up` of its own process, over a data directory, on a free port. */
export class FreshetUp {
  readonly url: string
  readonly port: number
  private readonly child: ChildProcess
  private readonly output: Output
  private stopping = false
  /** Times that it ended without being asked to. */
  crashes = 0

  private constructor(child: ChildProcess, output: Output, url: string) {
    this.child = child
    this.output = output
    this.url = url
    this.port = Number(new URL(url).port)
    child.once('exit', () => {
      if (!this.stopping) this.crashes++
    })
  }

  /** Starts it and waits until it listens. Throws `DidNotStart`. */
  static async start(directory: string): Promise<FreshetUp> {
    const args = ['cli/freshet.ts', 'up', '--data', directory, '--port', '0']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const output = new Output(child)
    const deadline = AbortSignal.timeout(START_MS_MAX)
    const exit = once(child, 'exit', { signal: deadline })
    const url = await Promise.race([output.url, exit.then(() => undefined)]).catch((error: unknown) => {
      child.kill('SIGKILL')
      throw error
    })
    exit.catch(() => undefined)
    if (url === undefined) throw new DidNotStart(child.exitCode, output.said)
    return new FreshetUp(child, output, url)
  }

  get pid(): number {
    return this.child.pid!
  }

  /** What it said on stderr so far. */
  get said(): string {
    return this.output.said
  }

  /** Ends it; answers its exit code, null where the signal ended it. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    this.stopping = true
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    const exit = once(this.child, 'exit')
    this.child.kill(signal)
    await exit
    return this.child.exitCode
  }
}

/** What a child prints: the URL that it names on stdout, and stderr. */
class Output {
  readonly url: Promise<string>
  said = ''

  constructor(child: ChildProcess) {
    child.stderr!.on('data', (chunk: Buffer) => {
      this.said = `${this.said}${chunk.toString()}`.slice(-OUTPUT_CHARACTERS_MAX)
    })
    this.url = new Promise((resolve) => {
      let printed = ''
      child.stdout!.on('data', (chunk: Buffer) => {
        printed = `${printed}${chunk.toString()}`.slice(0, OUTPUT_CHARACTERS_MAX)
        const url = /http:\/\/[\w.:[\]]+/.exec(printed)?.[0]
        if (url !== undefined) resolve(url)
      })
    })
  }
}
