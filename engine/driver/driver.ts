import { setImmediate as macrotask } from 'node:timers/promises'
import { millis, type Millis } from '../../schemas/ids.ts'
import { ByteWriter } from '../bytes.ts'
import { EngineError } from '../errors.ts'
import { partitionOf } from '../hash.ts'
import { KeyWriter, keyOf } from '../key.ts'
import { FrameCursor, FrameWriter } from '../log/frame.ts'
import { SimulatedLogDisk } from '../log/simulated-disk.ts'
import { SimulatedLog } from '../log/simulated.ts'
import { NO_METRICS, type Metrics } from '../metrics.ts'
import { MemoryDisk } from '../state/memory-disk.ts'
import { MemoryState } from '../state/memory.ts'
import { SimulatedCrash, type SimulatedFaults, type SimulatedStep } from '../storage/simulated-faults.ts'
import { deadLetterTopic } from '../dead-letters.ts'
import type { Topic, TopicInfo } from '../topic.ts'
import { inputsOf, type Topology } from '../topology.ts'
import { topicSpecsOf, Worker, WORKER_DEFAULTS, type WorkerOptions } from '../worker.ts'
import { SimulatedClock } from './clock.ts'
import { Random } from './random.ts'

/** Where a crash cuts a commit in two. */
export type CrashStep = 'before-commit' | 'after-log' | 'before-state' | 'amid-state' | 'after-state'

export const CRASH_STEPS: readonly CrashStep[] = [
  'before-commit',
  'after-log',
  'before-state',
  'amid-state',
  'after-state',
]

export interface DriverOptions {
  readonly seed: number
  readonly partitions: number
  readonly workers: number
  readonly startMs: number
  readonly worker: Partial<WorkerOptions>
  readonly metrics: Metrics
  /** Called at every step of every worker: for faults other than crashes. */
  readonly faults: Pick<SimulatedFaults, 'before' | 'after'>
  /** Reads and writes take up to this many turns of the event loop's queue, so that batches and commits overlap. */
  readonly delayTurnsMax: number
  /** `settle` gives up after this many rounds. */
  readonly roundsMax: number
}

const DEFAULTS: DriverOptions = {
  seed: 1,
  partitions: 3,
  workers: 2,
  startMs: 1_750_000_000_000,
  worker: {},
  metrics: NO_METRICS,
  faults: {},
  delayTurnsMax: 40,
  roundsMax: 100_000,
}

const RETENTION_MS = 365 * 24 * 3_600_000
const SCAN_ROWS_MAX = 1_000_000
const ROUND_MS_MAX = 60

const hookOf: Readonly<Record<CrashStep, readonly ['before' | 'after', SimulatedStep]>> = {
  'before-commit': ['before', 'commit'],
  'after-log': ['after', 'commit'],
  'before-state': ['before', 'state-write'],
  'amid-state': ['before', 'state-rest'],
  'after-state': ['after', 'state-write'],
}

/** A worker as it runs on a machine: it crashes at most once, and after that nothing it does takes effect. */
class Process {
  readonly worker: Worker
  crashAt: CrashStep | undefined
  crashed = false

  constructor(newWorker: NewWorker, disk: MemoryDisk) {
    this.worker = newWorker(disk, (when, step) => this.cut(when, step))
  }

  private cut(when: 'before' | 'after', step: SimulatedStep): void {
    if (this.crashed) throw new SimulatedCrash(`${when} ${step}, already down`)
    if (this.crashAt === undefined) return
    const [at, of] = hookOf[this.crashAt]
    if (at !== when || of !== step) return
    this.crashed = true
    throw new SimulatedCrash(`${when} ${step}`)
  }
}

type Cut = (when: 'before' | 'after', step: SimulatedStep) => void
type NewWorker = (disk: MemoryDisk, cut: Cut) => Worker

/** One simulated machine: a production worker on a disk of its own, over a log shared with the others. */
class Machine {
  process: Process
  tasks: string[] = []
  private disk = new MemoryDisk()
  private readonly newWorker: NewWorker

  constructor(newWorker: NewWorker) {
    this.newWorker = newWorker
    this.process = new Process(newWorker, this.disk)
  }

  get worker(): Worker {
    return this.process.worker
  }

  /** The process is gone; its disk is not. */
  async restart(): Promise<void> {
    this.process = new Process(this.newWorker, this.disk)
    await this.worker.open(this.tasks)
  }

  /** The machine is thought dead, and another starts in its place with an empty disk. Answers what runs on. */
  replace(): Process {
    const old = this.process
    this.disk = new MemoryDisk()
    this.process = new Process(this.newWorker, this.disk)
    return old
  }
}

/**
 * Production code over a simulated log, disk and clock: several partitions, workers and commit intervals,
 * crashes at each step of a commit, and rebalances. A run is a function of its seed.
 */
export class Driver {
  readonly clock: SimulatedClock
  readonly random: Random
  /** All that is committed: topics, positions and changelogs. */
  readonly logDisk = new SimulatedLogDisk()
  private readonly topology: Topology
  private readonly options: DriverOptions
  private readonly publisher: SimulatedLog
  /** Of its own, so that what a run does to its tasks does not depend on how long its reads take. */
  private readonly delays: Random
  private machines: Machine[] = []
  /** Thought dead, but not: what they still try must change nothing. */
  private zombies: Process[] = []

  private constructor(topology: Topology, options: DriverOptions) {
    this.topology = topology
    this.options = options
    this.clock = new SimulatedClock(options.startMs)
    this.random = new Random(options.seed)
    this.delays = new Random(~options.seed)
    this.publisher = new SimulatedLog({ clock: () => this.clock.now(), disk: this.logDisk })
  }

  static async start(topology: Topology, options: Partial<DriverOptions> = {}): Promise<Driver> {
    const driver = new Driver(topology, { ...DEFAULTS, ...options })
    await driver.publisher.createTopics(topicSpecsOf(topology, driver.options.partitions, RETENTION_MS))
    await driver.rebalance(driver.options.workers)
    return driver
  }

  /** Publishes a value; it is durable when this resolves. */
  async publish<Value>(topic: Topic<Value>, value: Value): Promise<void> {
    const bytes = new ByteWriter()
    topic.codec.encode(value, bytes)
    const key = new KeyWriter()
    topic.key(value, key)
    await this.publishRaw(topic, key.view(), bytes.view(), topic.time(value))
  }

  /** Publishes bytes as any client of the log might: they need not decode. */
  async publishRaw(topic: TopicInfo, key: Buffer, value: Buffer, time: number): Promise<void> {
    const frame = new FrameWriter()
    frame.append(time, key, 0, key.length, value, 0, value.length)
    const partition = partitionOf(key, 0, key.length, this.options.partitions)
    await this.publisher.append([{ topic: topic.name, partition, frame: frame.take() }])
  }

  /**
   * One round of every worker, with a random stretch of time before it. Throws what stopped a worker for good.
   * Every second round leaves commits under way.
   */
  async round(): Promise<void> {
    for (const machine of this.machines) {
      this.clock.advance(1 + this.random.below(ROUND_MS_MAX))
      if (!machine.process.crashed) await machine.worker.round()
      if (machine.process.crashed || this.random.chance(0.5)) await macrotask()
      if (machine.process.crashed) await machine.restart()
    }
    for (const { worker, crashed } of this.zombies) if (!crashed) await worker.round()
    this.zombies = this.zombies.filter(({ worker, crashed }) => !crashed && worker.taskIds().length > 0)
  }

  /** Runs until everything published is processed and committed. */
  async settle(): Promise<void> {
    const { roundsMax } = this.options
    for (let round = 0; round < roundsMax; round++) {
      await this.round()
      if (this.machines.every(({ worker }) => worker.settled)) return
    }
    throw new EngineError('TOPOLOGY_INVALID', `work is left after ${roundsMax} rounds: is there a loop?`)
  }

  /** The next commit of a worker is cut at this step, and the worker starts again from its disk. */
  crash(step: CrashStep, worker = this.random.below(this.machines.length)): void {
    this.machines[worker]!.process.crashAt = step
  }

  /** Calls off crashes that have not come to pass. */
  calm(): void {
    for (const { process } of this.machines) process.crashAt = undefined
  }

  /**
   * Spreads the tasks anew over `workers` machines. One that loses tasks either hands them over or is taken
   * for dead and goes on as a zombie; one that is new to a task restores it from the changelog.
   */
  async rebalance(workers: number): Promise<void> {
    while (this.machines.length < workers) {
      this.machines.push(new Machine((disk, cut) => this.newWorker(disk, cut)))
    }
    const tasks = this.shuffled(this.machines[0]!.worker.allTaskIds())
    const wanted = this.machines.map((_, index) =>
      index < workers ? tasks.filter((_, task) => task % workers === index) : [],
    )
    for (const [index, machine] of this.machines.entries()) {
      const leaving = machine.tasks.filter((id) => !wanted[index]!.includes(id))
      if (this.random.chance(0.5)) await this.handOver(machine, leaving)
      else this.zombies.push(machine.replace())
    }
    for (const [index, machine] of this.machines.entries()) {
      machine.tasks = wanted[index]!
      await machine.worker.open(machine.tasks)
    }
    this.machines = this.machines.slice(0, workers)
  }

  /** Lets time pass without work, as on a quiet night. */
  advance(ms: number): void {
    this.clock.advance(ms)
  }

  get now(): Millis {
    return millis(this.clock.now())
  }

  /** Every value of a topic, by partition and offset. */
  async records<Value>(topic: Topic<Value>): Promise<Value[]> {
    const values: Value[] = []
    const cursor = new FrameCursor()
    for (let partition = 0; partition < this.options.partitions; partition++) {
      for (const { frame } of await this.publisher.read(topic.name, partition, 0, Infinity)) {
        cursor.over(frame)
        while (cursor.next())
          values.push(topic.codec.decode(cursor.buffer, cursor.valueStart, cursor.valueEnd))
      }
    }
    return values
  }

  /** What was put aside from a topic. */
  deadLetters(
    topic: TopicInfo,
  ): Promise<ReturnType<ReturnType<typeof deadLetterTopic>['codec']['decode']>[]> {
    return this.records(deadLetterTopic(topic))
  }

  /** A row's bytes, version byte first; undefined where there is none. */
  async row(store: string, ...ids: readonly string[]): Promise<Buffer | undefined> {
    const key = keyOf(...ids)
    for (const { worker } of this.machines) {
      const found = await worker.storeOf(store, key)
      if (found !== undefined) return (await found.readMany([key]))[0]
    }
    return undefined
  }

  /** Every row of every processor, as text: the same for the same state, whatever the partitions. */
  async state(): Promise<Map<string, string>> {
    const rows = new Map<string, string>()
    for (const { worker } of this.machines) {
      for (const name of worker.storeNames()) {
        for (const store of (await worker.stores(name)) ?? []) {
          for (const { key, value } of await store.scan({ limit: SCAN_ROWS_MAX })) {
            rows.set(`${name}/${key.toString('latin1')}`, value.toString('hex'))
          }
        }
      }
    }
    return new Map([...rows].sort(([one], [other]) => (one < other ? -1 : 1)))
  }

  /** Topics that no node reads: what the topology is for. */
  sinks(): string[] {
    const read = new Set(this.topology.nodes.flatMap(inputsOf).map(({ name }) => name))
    const written = new Set(this.topology.nodes.flatMap((node) => node.outputs.map(({ name }) => name)))
    return [...written].filter((name) => !read.has(name)).sort()
  }

  /** A machine that crashes while it hands over comes back with nothing assigned. */
  private async handOver(machine: Machine, leaving: readonly string[]): Promise<void> {
    try {
      await machine.worker.release(leaving)
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error
      machine.tasks = []
      await machine.restart()
    }
  }

  private newWorker(disk: MemoryDisk, cut: Cut): Worker {
    const { before, after } = this.options.faults
    const faults: SimulatedFaults = {
      before: (step) => {
        cut('before', step)
        before?.(step)
      },
      after: (step) => {
        cut('after', step)
        after?.(step)
      },
      delay: () => this.delay(),
    }
    return new Worker(
      this.topology,
      {
        log: new SimulatedLog({ clock: () => this.clock.now(), disk: this.logDisk, faults }),
        state: new MemoryState({ disk, faults }),
        clock: this.clock,
        metrics: this.options.metrics,
      },
      { ...WORKER_DEFAULTS, ...this.options.worker },
    )
  }

  private async delay(): Promise<void> {
    for (let turns = this.delays.below(this.options.delayTurnsMax + 1); turns > 0; turns--)
      await Promise.resolve()
  }

  private shuffled<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let index = shuffled.length - 1; index > 0; index--) {
      const other = this.random.below(index + 1)
      ;[shuffled[index], shuffled[other]] = [shuffled[other]!, shuffled[index]!]
    }
    return shuffled
  }
}
