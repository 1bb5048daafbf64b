import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

export interface KeptCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

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

/** A process that ends with this one, however this one ends. */
export class KeptProcess {
  readonly pid: Promise<number>
  /** Resolves when it is gone. */
  readonly ended: Promise<void>
  private readonly keeper: ChildProcessByStdio<Writable, Readable, Readable>

  constructor({ program, args, cwd, env }: KeptCommand) {
    this.keeper = spawn('sh', ['-c', KEEPER, 'keeper', program, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // Not in this group, or Ctrl-C would reach it before this process can stop it in order.
      detached: true,
    })
    this.keeper.stdin.on('error', () => undefined)
    this.pid = once(this.keeper.stdout, 'data').then(([line]: Buffer[]) => Number(line!.toString()))
    this.ended = new Promise((resolve) => {
      this.keeper.once('exit', () => {
        this.keeper.stdin.end()
        resolve()
      })
    })
  }

  /** What it prints, be it on stdout or on stderr. */
  get output(): Readable {
    return this.keeper.stderr
  }

  /** Null while it runs. */
  get exitCode(): number | null {
    return this.keeper.exitCode
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    const pid = await this.pid
    if (this.exitCode !== null) return
    try {
      process.kill(pid, name)
    } catch {
      // It ended by itself.
    }
  }

  /** Resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.keeper.ref()
    await this.signal(signal)
    await this.ended
  }

  /** The event loop may end while it runs: it is then killed. */
  unref(): void {
    this.keeper.unref()
    for (const stream of this.keeper.stdio) if (stream instanceof Socket) stream.unref()
  }
}
