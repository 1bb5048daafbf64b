import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { until } from '../ports.ts'
import type { ServiceProcess } from '../port.ts'
import { KeptProcess, type KeptCommand } from './kept.ts'

export interface Command extends KeptCommand {
  /** What it prints goes here; its last lines are told when it does not start. */
  readonly logFile: string
  /** Resolves to true once it serves. */
  readonly answers: () => Promise<boolean>
}

const START_MS_MAX = 120_000
const STOP_MS_MAX = 10_000
const LAST_LINES = 15

/** A program of this machine that runs until it is stopped, or until this process ends. */
export class NativeProcess implements ServiceProcess {
  private readonly command: Command
  private kept: KeptProcess | undefined

  constructor(command: Command) {
    this.command = command
  }

  /** Of the last start. */
  get pid(): number {
    if (this.kept === undefined) throw new Error(`${this.command.program} was never started`)
    return this.kept.pid
  }

  async start(): Promise<this> {
    const { program, logFile, answers } = this.command
    const kept = new KeptProcess(this.command)
    this.kept = kept
    const log = createWriteStream(logFile, { flags: 'a' })
    kept.onOutput((chunk) => log.write(chunk))
    void kept.ended.then(() => log.end())
    const started = performance.now()
    let reason: string | undefined
    await until(answers, () => {
      if (kept.endedWith !== null) reason = `${program} ended with ${kept.endedWith}`
      if (performance.now() - started > START_MS_MAX)
        reason = `${program} did not answer in ${START_MS_MAX} ms`
      return reason
    }).catch(async (error: unknown) => {
      await this.kill()
      throw new Error(`${String(error)}: ${await this.lastLines()}`, { cause: error })
    })
    kept.unref()
    return this
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  async kill(): Promise<void> {
    await this.kept?.end('SIGKILL')
  }

  /** Lets it finish what it is at, for a while. */
  async stop(): Promise<void> {
    await Promise.race([this.kept?.end('SIGTERM'), patience()])
    await this.kill()
  }

  freeze(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  private async lastLines(): Promise<string> {
    const text = await readFile(this.command.logFile, 'utf8').catch(() => '')
    return text.trim().split('\n').slice(-LAST_LINES).join('\n')
  }
}

const patience = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, STOP_MS_MAX).unref())
