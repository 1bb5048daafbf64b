import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { until } from '../ports.ts'
import type { ServiceProcess } from '../port.ts'

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** What it prints goes here; its last lines are told when it does not start. */
  readonly logFile: string
  /** Resolves to true once it serves. */
  readonly answers: () => Promise<boolean>
}

const START_MS_MAX = 120_000
const STOP_MS_MAX = 10_000
const LAST_LINES = 15

/**
 * Starts "$@", prints its process id, and kills it when standard input ends: so a service never outlives who
 * started it, even one killed by `kill -9`.
 */
const KEEPER = `
exec 3<&0
"$@" 3<&- </dev/null >&2 &
service=$!
echo "$service"
{ cat <&3; kill -9 "$service"; } >/dev/null 2>&1 &
watcher=$!
exec 1>&-
wait "$service"
status=$?
kill "$watcher"
exit "$status"
`

/** A program of this machine that runs until it is stopped, or until this process ends. */
export class NativeProcess implements ServiceProcess {
  private readonly command: Command
  private keeper: ChildProcess | undefined
  private running: number | undefined

  constructor(command: Command) {
    this.command = command
  }

  /** Of the last start. */
  get pid(): number {
    if (this.running === undefined) throw new Error(`${this.command.program} was never started`)
    return this.running
  }

  async start(): Promise<this> {
    const { program, args, cwd, env, logFile, answers } = this.command
    const keeper = spawn('sh', ['-c', KEEPER, 'keeper', program, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // Not in this group, or Ctrl-C would reach it before this process can stop it in order.
      detached: true,
    })
    this.keeper = keeper
    keeper.stdin.on('error', () => undefined)
    keeper.stderr.pipe(createWriteStream(logFile, { flags: 'a' }))
    const [line] = (await once(keeper.stdout, 'data')) as [Buffer]
    this.running = Number(line.toString())
    const started = performance.now()
    let reason: string | undefined
    await until(answers, () => {
      if (keeper.exitCode !== null) reason = `${program} ended with ${keeper.exitCode}`
      if (performance.now() - started > START_MS_MAX)
        reason = `${program} did not answer in ${START_MS_MAX} ms`
      return reason
    }).catch(async (error: unknown) => {
      await this.kill()
      throw new Error(`${String(error)}: ${await this.lastLines()}`, { cause: error })
    })
    // The event loop may end while a service runs: it is then killed.
    keeper.unref()
    for (const stream of [keeper.stdin, keeper.stdout, keeper.stderr]) {
      if ('unref' in stream && typeof stream.unref === 'function') stream.unref()
    }
    return this
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  kill(): Promise<void> {
    return this.end('SIGKILL')
  }

  /** Lets it finish what it is at, for a while. */
  async stop(): Promise<void> {
    await Promise.race([this.end('SIGTERM'), patience()])
    await this.kill()
  }

  freeze(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const keeper = this.keeper
    if (keeper === undefined || keeper.exitCode !== null || this.running === undefined) return
    keeper.ref()
    const ended = once(keeper, 'exit')
    try {
      process.kill(this.running, signal)
    } catch {
      // It ended by itself.
    }
    await ended
    keeper.stdin?.end()
  }

  private async lastLines(): Promise<string> {
    const text = await readFile(this.command.logFile, 'utf8').catch(() => '')
    return text.trim().split('\n').slice(-LAST_LINES).join('\n')
  }
}

const patience = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, STOP_MS_MAX).unref())
