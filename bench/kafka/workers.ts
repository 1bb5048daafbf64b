import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bytesIn } from '../disk-bytes.ts'
import type { FromWorker, ToWorker, WorkerReport, WorkerSetup } from './messages.ts'

const PROGRAM = join(import.meta.dirname, 'worker.ts')
const REPORT_MS = 50
/** Everything is done when all workers have nothing to do, and did nothing, for so long. */
const QUIET_MS = 500

export interface WorkersOptions extends Omit<WorkerSetup, 'directory' | 'index'> {}

export interface WorkersResult {
  /** From the word to begin, state open and empty, to the last commit of the last worker. */
  readonly ms: number
  readonly reactions: number
  readonly userAuthorRows: number
  readonly deadLetters: number
  readonly failures: number
  readonly stateBytes: number
  /** Of the workers' directories after a clean stop. */
  readonly diskBytes: number
  readonly processorMs: number
  /** Of the busiest main thread. */
  readonly mainThreadMs: number
}

/** Runs a topology in worker processes over what the topics hold, from the beginning until nothing is left. */
export const runWorkers = async (options: WorkersOptions): Promise<WorkersResult> => {
  const directory = await mkdtemp(join(tmpdir(), 'freshet-bench-'))
  const workers: WorkerProcess[] = []
  try {
    for (let index = 0; index < options.workers; index++) {
      const setup = { ...options, index, directory: join(directory, String(index)) }
      workers.push(new WorkerProcess(setup))
    }
    await Promise.all(workers.map((worker) => worker.next('ready')))
    const begunAt = performance.timeOrigin + performance.now()
    for (const worker of workers) worker.tell('begin')
    const reports = await settledReports(workers)
    for (const worker of workers) worker.tell('end')
    const ended = await Promise.all(workers.map((worker) => worker.next('ended')))
    const sum = (of: (report: WorkerReport) => number): number =>
      reports.reduce((total, report) => total + of(report), 0)
    return {
      ms: Math.max(...reports.map(({ committedAt }) => committedAt)) - begunAt,
      reactions: sum(({ reactions }) => reactions),
      userAuthorRows: ended.reduce((total, { userAuthorRows }) => total + userAuthorRows, 0),
      deadLetters: sum(({ deadLetters }) => deadLetters),
      failures: sum(({ failures }) => failures),
      stateBytes: sum(({ stateBytes }) => stateBytes),
      diskBytes: await bytesIn(directory),
      processorMs: sum(({ processorMs }) => processorMs),
      mainThreadMs: Math.max(...reports.map(({ mainThreadMs }) => mainThreadMs)),
    }
  } finally {
    for (const worker of workers) worker.kill()
    await rm(directory, { recursive: true, force: true })
  }
}

/** The reports of a moment at which no worker had had anything to do for a while. */
const settledReports = async (workers: readonly WorkerProcess[]): Promise<WorkerReport[]> => {
  let quietSince = Infinity
  let commitsBefore = -1
  for (;;) {
    for (const worker of workers) worker.tell('report')
    const reports = (await Promise.all(workers.map((worker) => worker.next('report')))).map(
      ({ report }) => report,
    )
    const commits = reports.reduce((sum, report) => sum + report.commits, 0)
    const isQuiet = commits > 0 && commits === commitsBefore && reports.every(({ settled }) => settled)
    quietSince = isQuiet ? Math.min(quietSince, performance.now()) : Infinity
    if (performance.now() - quietSince >= QUIET_MS) return reports
    commitsBefore = commits
    await sleep(REPORT_MS)
  }
}

class WorkerProcess {
  private readonly process: ChildProcess
  private readonly ended: Promise<never>

  constructor(setup: WorkerSetup) {
    this.process = fork(PROGRAM, [JSON.stringify(setup)])
    this.ended = once(this.process, 'exit').then(([code]: unknown[]) => {
      throw new Error(`a worker ended with ${String(code)}`)
    })
    // Told to who waits; at the end nobody does.
    this.ended.catch(() => undefined)
  }

  tell(what: ToWorker): void {
    this.process.send(what)
  }

  /** The next message of a kind; throws when the process ends instead. */
  next<Kind extends FromWorker['kind']>(kind: Kind): Promise<Extract<FromWorker, { kind: Kind }>> {
    const said = new Promise<Extract<FromWorker, { kind: Kind }>>((resolve) => {
      const listener = (message: FromWorker): void => {
        if (!isOf(message, kind)) return
        this.process.off('message', listener)
        resolve(message)
      }
      this.process.on('message', listener)
    })
    return Promise.race([said, this.ended])
  }

  kill(): void {
    if (this.process.exitCode === null) this.process.kill('SIGKILL')
  }
}

const isOf = <Kind extends FromWorker['kind']>(
  message: FromWorker,
  kind: Kind,
): message is Extract<FromWorker, { kind: Kind }> => message.kind === kind
