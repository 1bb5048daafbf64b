import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

export interface KeptCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Becomes "$@", beside a watcher that kills it when standard input ends: so a process never outlives who started it,
 * even one killed by `kill -9`. A line there lets the watcher go, once there is nothing left to kill.
 */
const KEEPER = `
exec 3<&0
{ read -r line <&3 || kill -9 $$; } >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null
`

/** A process that ends with this one, however this one ends. */
export class KeptProcess {
  readonly pid: number
  /** Resolves when it is gone and all that it printed was heard: to its exit code, null where a signal ended it. */
  readonly ended: Promise<number | null>
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>

  constructor({ program, args, cwd, env }: KeptCommand) {
    this.child = spawn('sh', ['-c', KEEPER, 'keeper', program, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // Not in this group, or Ctrl-C would reach it before this process can stop it in order.
      detached: true,
    })
    this.pid = this.child.pid!
    this.child.stdin.on('error', () => undefined)
    this.child.once('exit', () => this.child.stdin.end('\n'))
    this.ended = new Promise((resolve) => this.child.once('close', resolve))
  }

  get stdout(): Readable {
    return this.child.stdout
  }

  get stderr(): Readable {
    return this.child.stderr
  }

  /** Hears what it prints, be it on stdout or on stderr. */
  onOutput(listener: (chunk: Buffer) => void): void {
    this.stdout.on('data', listener)
    this.stderr.on('data', listener)
  }

  /** Its exit code, or the signal that ended it; null while it runs. */
  get endedWith(): number | NodeJS.Signals | null {
    return this.child.exitCode ?? this.child.signalCode
  }

  /** Does nothing where it has ended. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** Resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    for (const handle of this.handles) handle.ref()
    this.signal(signal)
    return this.ended
  }

  /** The event loop may end while it runs: it is then killed. */
  unref(): void {
    for (const handle of this.handles) handle.unref()
  }

  private get handles(): readonly (Socket | typeof this.child)[] {
    return [this.child, ...this.child.stdio.filter((stream) => stream instanceof Socket)]
  }
}
