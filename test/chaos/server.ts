import { KeptProcess } from '../../services/native/kept.ts'

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
  private readonly process: KeptProcess
  private readonly output: Output
  private stopping = false
  /** Times that it ended without being asked to. */
  crashes = 0

  private constructor(process: KeptProcess, output: Output, url: string) {
    this.process = process
    this.output = output
    this.url = url
    this.port = Number(new URL(url).port)
    void process.ended.then(() => this.hasEnded())
  }

  /** Starts it and waits until it listens. Throws `DidNotStart`. */
  static async start(directory: string): Promise<FreshetUp> {
    const args = ['cli/freshet.ts', 'up', '--data', directory, '--port', '0']
    const started = new KeptProcess({ program: process.execPath, args })
    const output = new Output(started)
    const late = setTimeout(() => started.signal('SIGKILL'), START_MS_MAX)
    const url = await Promise.race([output.url, started.ended.then(() => undefined)])
    clearTimeout(late)
    if (url === undefined) throw new DidNotStart(await started.ended, output.said)
    return new FreshetUp(started, output, url)
  }

  get pid(): number {
    return this.process.pid
  }

  /** What it said on stderr so far. */
  get said(): string {
    return this.output.said
  }

  /** Ends it; answers its exit code, null where the signal ended it. */
  stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    this.stopping = true
    return this.process.end(signal)
  }

  private hasEnded(): void {
    if (!this.stopping) this.crashes++
  }
}

/** What it prints: the URL that it names on stdout, and stderr. */
class Output {
  readonly url: Promise<string>
  said = ''

  constructor({ stdout, stderr }: KeptProcess) {
    stderr.on('data', (chunk: Buffer) => {
      this.said = `${this.said}${chunk.toString()}`.slice(-OUTPUT_CHARACTERS_MAX)
    })
    this.url = new Promise((resolve) => {
      let printed = ''
      stdout.on('data', (chunk: Buffer) => {
        printed = `${printed}${chunk.toString()}`.slice(0, OUTPUT_CHARACTERS_MAX)
        const url = /http:\/\/[\w.:[\]]+/.exec(printed)?.[0]
        if (url !== undefined) resolve(url)
      })
    })
  }
}
