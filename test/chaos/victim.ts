import { setTimeout as sleep } from 'node:timers/promises'
import { KeptProcess } from '../../services/native/kept.ts'

const START_MS_MAX = 60_000
const LOOK_MS = 20

/** A `freshet up` that is killed and started again on the same port and data. */
export class Victim {
  readonly url: string
  private readonly port: number
  private readonly directory: string
  private process: KeptProcess | undefined

  constructor(port: number, directory: string) {
    this.port = port
    this.directory = directory
    this.url = `http://127.0.0.1:${port}`
  }

  /** Starts it and waits until it answers: it is not ready for as long as much waits to be processed, and may die then, too. */
  async start(): Promise<number> {
    const started = performance.now()
    const args = ['cli/freshet.ts', 'up', '--data', this.directory, '--port', String(this.port)]
    this.process = new KeptProcess({ program: process.execPath, args })
    this.process.stdout.resume()
    this.process.stderr.pipe(process.stderr)
    while (performance.now() - started < START_MS_MAX) {
      if (await this.isAlive()) return performance.now() - started
      await sleep(LOOK_MS)
    }
    throw new Error(`freshet up did not answer within ${START_MS_MAX} ms`)
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.process?.end(signal)
  }

  private async isAlive(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/healthz`)).ok
    } catch {
      return false
    }
  }
}
