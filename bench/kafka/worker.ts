import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '../../cli/runtime/clock.ts'
import { KafkaLog } from '../../engine/log/kafka.ts'
import type { EngineCounter, EngineGauge, Labels, Metrics } from '../../engine/metrics.ts'
import { RocksState } from '../../engine/state/rocksdb.ts'
import { Database, DATABASE_DEFAULTS } from '../../engine/storage/database.ts'
import { Worker, WORKER_DEFAULTS } from '../../engine/worker.ts'
import { endWithBenchmark } from '../forked.ts'
import type { FromWorker, ToWorker, WorkerReport, WorkerSetup } from './messages.ts'
import { TOPOLOGIES } from './topologies.ts'

/** A worker in a process of its own: production code over Kafka and RocksDB, told when to begin and end. */

const ROWS_MAX = 100_000_000
const MICROSECONDS_PER_MS = 1000

const setup = JSON.parse(process.argv[2]!) as WorkerSetup
const say = (message: FromWorker): void => void process.send!(message)
const wallMs = (): number => performance.timeOrigin + performance.now()

/** Counts what the report tells of. */
class Counts implements Metrics {
  readonly counted = new Map<EngineCounter, number>()
  committedAt = 0
  reactions = 0
  private readonly stateBytes = new Map<string, number>()

  count(name: EngineCounter, labels: Labels, by: number): void {
    this.counted.set(name, this.of(name) + by)
    if (name === 'commits') this.committedAt = wallMs()
    if (name === 'events' && labels['topic'] === 'reactions') this.reactions += by
  }

  of(name: EngineCounter): number {
    return this.counted.get(name) ?? 0
  }

  gauge(name: EngineGauge, labels: Labels, value: number): void {
    if (name === 'state_bytes') this.stateBytes.set(labels['task'] ?? '', value)
  }

  observe(): void {}

  get liveStateBytes(): number {
    return [...this.stateBytes.values()].reduce((sum, bytes) => sum + bytes, 0)
  }
}

const counts = new Counts()
const database = await Database.open(setup.directory, DATABASE_DEFAULTS)
const state = await RocksState.open(database)
const { brokers, prefix, partitions } = setup
const log = await KafkaLog.open({ brokers, prefix, changelogPartitions: partitions })
const worker = new Worker(
  TOPOLOGIES[setup.topology],
  { log, state, clock: systemClock, metrics: counts },
  { ...WORKER_DEFAULTS, commitIntervalMs: setup.commitIntervalMs, changelog: 'keep' },
)
await worker.open(worker.allTaskIds().filter((_, task) => task % setup.workers === setup.index))

let stopping = false
let wake: (() => void) | undefined
log.onAppend(() => wake?.())

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      wake = undefined
      setImmediate(resolve)
    }
    const timer = setTimeout(done, ms)
    wake = done
  })

const report = (begun: { all: NodeJS.CpuUsage; main: NodeJS.CpuUsage }): WorkerReport => ({
  settled: worker.settled,
  commits: counts.of('commits'),
  committedAt: counts.committedAt,
  reactions: counts.reactions,
  deadLetters: counts.of('dead_letters'),
  failures: counts.of('task_failures'),
  stateBytes: counts.liveStateBytes,
  processorMs: millisecondsOf(process.cpuUsage(begun.all)),
  mainThreadMs: millisecondsOf(process.threadCpuUsage(begun.main)),
})

const millisecondsOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / MICROSECONDS_PER_MS

const rowsOf = async (name: string): Promise<number> => {
  let rows = 0
  for (const store of (await worker.stores(name)) ?? [])
    rows += (await store.scan({ limit: ROWS_MAX })).length
  return rows
}

const control = {
  stopping: () => stopping,
  paused: () => false,
  idle: sleep,
  breathe: () => nextTurn(),
}

const end = async (running: Promise<void>): Promise<void> => {
  const userAuthorRows = await rowsOf('user-author')
  stopping = true
  wake?.()
  await running
  await log.close()
  await state.close()
  await database.close()
  say({ kind: 'ended', userAuthorRows })
  process.disconnect()
}

let running: Promise<void> | undefined
let begun = { all: process.cpuUsage(), main: process.threadCpuUsage() }

process.on('message', (told: ToWorker) => {
  switch (told) {
    case 'begin':
      begun = { all: process.cpuUsage(), main: process.threadCpuUsage() }
      running = worker.run(control)
      return
    case 'report':
      return say({ kind: 'report', report: report(begun) })
    case 'end':
      void end(running!)
  }
})
endWithBenchmark()
say({ kind: 'ready' })
