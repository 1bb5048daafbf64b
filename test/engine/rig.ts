import { ByteWriter } from '../../engine/bytes.ts'
import { SimulatedClock } from '../../engine/driver/clock.ts'
import { partitionOf } from '../../engine/hash.ts'
import { KeyWriter } from '../../engine/key.ts'
import { FrameWriter } from '../../engine/log/frame.ts'
import { SimulatedLogDisk } from '../../engine/log/simulated-disk.ts'
import { SimulatedLog } from '../../engine/log/simulated.ts'
import type { Metrics } from '../../engine/metrics.ts'
import { MemoryDisk } from '../../engine/state/memory-disk.ts'
import { MemoryState } from '../../engine/state/memory.ts'
import type { SimulatedFaults } from '../../engine/storage/simulated-faults.ts'
import type { Topic } from '../../engine/topic.ts'
import { plansOf, type Topology } from '../../engine/topology.ts'
import { Task } from '../../engine/task.ts'
import { topicSpecsOf, Worker, WORKER_DEFAULTS, type WorkerOptions } from '../../engine/worker.ts'

export interface RigOptions {
  readonly partitions?: number
  readonly faults?: SimulatedFaults
  readonly worker?: Partial<WorkerOptions>
  readonly batchEvents?: () => number
}

/** Notes what is counted, set and observed, by name and labels. */
export class NotedMetrics implements Metrics {
  readonly counts = new Map<string, number>()
  readonly gauges = new Map<string, number>()
  readonly observations = new Map<string, number[]>()

  count(name: string, labels: Readonly<Record<string, string>>, by: number): void {
    const id = idOf(name, labels)
    this.counts.set(id, (this.counts.get(id) ?? 0) + by)
  }

  gauge(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    this.gauges.set(idOf(name, labels), value)
  }

  observe(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    const id = idOf(name, labels)
    this.observations.set(id, [...(this.observations.get(id) ?? []), value])
  }
}

const idOf = (name: string, labels: Readonly<Record<string, string>>): string =>
  [name, ...Object.values(labels)].join(' ')

/** Workers over one simulated log and disk, turned by hand: for the order of things that the driver leaves to chance. */
export class Rig {
  readonly clock = new SimulatedClock(1_750_000_000_000)
  readonly metrics = new NotedMetrics()
  /** Why tasks started over, or tried a commit again: `TASK: CODE`. */
  readonly failures: string[] = []
  readonly logDisk = new SimulatedLogDisk()
  readonly log: SimulatedLog
  readonly disk = new MemoryDisk()
  private readonly topology: Topology
  private readonly options: RigOptions
  private readonly partitions: number

  private constructor(topology: Topology, options: RigOptions) {
    this.topology = topology
    this.options = options
    this.partitions = options.partitions ?? 1
    this.log = new SimulatedLog({ clock: () => this.clock.now(), disk: this.logDisk })
  }

  static async start(topology: Topology, options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(topology, options)
    await rig.log.createTopics(topicSpecsOf(topology, rig.partitions, Infinity))
    return rig
  }

  /** A new process with every task open. */
  worker(): Promise<Worker> {
    return this.workerOf(this.topology)
  }

  /** A new process that runs another topology over what is there. */
  async workerOf(topology: Topology): Promise<Worker> {
    const faults = this.options.faults ?? {}
    const worker = new Worker(
      topology,
      {
        log: new SimulatedLog({ clock: () => this.clock.now(), disk: this.logDisk, faults }),
        state: new MemoryState({ disk: this.disk, faults }),
        clock: this.clock,
        metrics: this.metrics,
        failed: ({ code }, taskId) => this.failures.push(`${taskId}: ${code}`),
        ...(this.options.batchEvents && { batchEvents: this.options.batchEvents }),
      },
      { ...WORKER_DEFAULTS, commitIntervalMs: 0, idleCommitIntervalMs: 0, ...this.options.worker },
    )
    await worker.open(worker.allTaskIds())
    return worker
  }

  /** A task of its own, without a worker. */
  async task(): Promise<Task> {
    const plan = plansOf(this.topology).find(({ keySpace }) => keySpace === 'user')!
    const services = {
      log: this.log,
      state: new MemoryState({ disk: this.disk }),
      clock: this.clock,
      metrics: this.metrics,
    }
    return Task.open(plan, 0, services, { ...WORKER_DEFAULTS, ...this.options.worker })
  }

  /** Publishes values in one append, so that they come in one batch. */
  async publish<Value>(topic: Topic<Value>, ...values: readonly Value[]): Promise<void> {
    const frames = Array.from({ length: this.partitions }, () => new FrameWriter())
    for (const value of values) {
      const bytes = new ByteWriter()
      topic.codec.encode(value, bytes)
      const key = new KeyWriter()
      topic.key(value, key)
      const partition = partitionOf(key.buffer, 0, key.length, this.partitions)
      const frame = frames[partition]!
      frame.append(topic.time(value), key.buffer, 0, key.length, bytes.buffer, 0, bytes.position)
    }
    await this.log.append(
      frames.map((frame, partition) => ({ topic: topic.name, partition, frame: frame.take() })),
    )
  }

  /** Rounds until nothing is left to do. */
  async settle(worker: Worker): Promise<void> {
    for (let round = 0; round < 1_000; round++) {
      this.clock.advance(50)
      await worker.round()
      await turns()
      if (worker.settled) return
    }
    throw new Error('work is left')
  }
}

/** Lets everything that can go on do so. */
export const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve()
}
