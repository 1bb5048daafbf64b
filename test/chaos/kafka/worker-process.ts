import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkerStatus } from '../../../cli/worker/start.ts'
import { KeptProcess } from '../../../services/native/kept.ts'

export interface WorkerProcessOptions {
  readonly brokers: readonly string[]
  /** Its URL. */
  readonly redis: string
  readonly prefix: string
  readonly member: string
  readonly directory: string
  readonly partitions: number
  readonly standbys: number
}

const START_MS_MAX = 120_000
const LOOK_MS = 20
const ANSWER_MS_MAX = 2_000
const OUTPUT_CHARACTERS_MAX = 20_000
/** What it prints once it runs, and where it answers. */
const STARTED = /tells of itself at (http:\S+)\. /
const FENCED = /^freshet_task_failures_total\{code="FENCED"\} (\d+)$/m

/** A `freshet worker` of its own process, which is killed, frozen and started again over the same data. */
export class WorkerProcess {
  readonly member: string
  private readonly options: WorkerProcessOptions
  private child: KeptProcess | undefined
  private url: string | undefined
  private said = ''
  private isFrozen = false
  private isClosed = false
  /** Times that it ended without being killed or stopped. */
  crashes = 0

  constructor(options: WorkerProcessOptions) {
    this.member = options.member
    this.options = options
  }

  get runs(): boolean {
    return this.child !== undefined && !this.isFrozen
  }

  /** What it printed last. */
  get output(): string {
    return this.said
  }

  /** `mayEnd`: it is no crash if it cannot begin. */
  start({ mayEnd = false } = {}): void {
    if (this.isClosed) throw new Error(`worker ${this.member} is not to be started any more`)
    const { brokers, redis, prefix, member, directory, partitions, standbys } = this.options
    const services = ['--kafka', brokers.join(','), '--redis', redis]
    const args = ['--prefix', prefix, '--member', member, '--data', directory]
    const numbers = ['--partitions', `${partitions}`, '--standbys', `${standbys}`, '--port', '0']
    const child = new KeptProcess({
      program: process.execPath,
      args: ['cli/freshet.ts', 'worker', ...services, ...args, ...numbers],
    })
    this.child = child
    this.url = undefined
    child.onOutput((chunk) => {
      this.said = `${this.said}${chunk.toString()}`.slice(-OUTPUT_CHARACTERS_MAX)
      if (this.child === child) this.url ??= STARTED.exec(chunk.toString())?.[1]
    })
    void child.ended.then(() => this.hasEnded(child, mayEnd))
  }

  private hasEnded(child: KeptProcess, mayEnd: boolean): void {
    if (this.child !== child) return
    this.child = undefined
    if (!mayEnd) this.crashes++
  }

  /** Undefined while it does not answer. */
  async status(): Promise<WorkerStatus | undefined> {
    if (!this.runs || this.url === undefined) return undefined
    try {
      const signal = AbortSignal.timeout(ANSWER_MS_MAX)
      return (await (await fetch(`${this.url}/v1/worker`, { signal })).json()) as WorkerStatus
    } catch {
      return undefined
    }
  }

  /** Commits that it was refused since it began, because another session had taken the task; 0 while it does not answer. */
  async refusedCommits(): Promise<number> {
    if (!this.runs || this.url === undefined) return 0
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    const text = await fetch(`${this.url}/metrics`, { signal }).then(
      (answer) => answer.text(),
      () => '',
    )
    return Number(FENCED.exec(text)?.[1] ?? 0)
  }

  async answers(): Promise<void> {
    const deadline = performance.now() + START_MS_MAX
    while ((await this.status()) === undefined) {
      if (performance.now() > deadline || this.child === undefined) {
        throw new Error(`worker ${this.member} does not answer: ${this.said}`)
      }
      await sleep(LOOK_MS)
    }
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.child
    this.child = undefined
    this.isFrozen = false
    await child?.end(signal)
  }

  /** Kills it for good: nobody starts it again. */
  async close(): Promise<void> {
    this.isClosed = true
    await this.end('SIGKILL')
  }

  freeze(): void {
    this.isFrozen = true
    this.child?.signal('SIGSTOP')
  }

  thaw(): void {
    this.isFrozen = false
    this.child?.signal('SIGCONT')
  }
}
