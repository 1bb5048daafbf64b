import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../../../engine/driver/random.ts'
import { KafkaLog } from '../../../engine/log/kafka.ts'
import { NO_METRICS } from '../../../engine/metrics.ts'
import { MemoryDisk } from '../../../engine/state/memory-disk.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import type { Topic, TopicInfo } from '../../../engine/topic.ts'
import type { Topology } from '../../../engine/topology.ts'
import { topicSpecsOf, Worker, WORKER_DEFAULTS } from '../../../engine/worker.ts'
import { MovedClock, Publishing } from '../../cli/worker/publishing.ts'
import { rowsOf } from '../../cli/worker/rows.ts'

export interface FleetOptions {
  readonly seed: number
  readonly partitions: number
  readonly workers: number
  /** Wall time of everybody when it starts. */
  readonly startMs: number
  readonly brokers: readonly string[]
  readonly prefix: string
}

/** News travels between workers by the brokers: nothing is left when there is none for so many rounds. */
const QUIET_ROUNDS = 20
const ROUND_MS = 20
/** A quiet topic holds time back for so long: longer than a busy machine lets anything wait. */
const IDLE_MS = 120_000
const ROUNDS_MAX = 20_000

/** A worker with a log connection and a disk of its own. */
interface Machine {
  readonly log: KafkaLog
  readonly worker: Worker
  readonly tasks: readonly string[]
}

/** Production workers over real brokers, each as if on a machine of its own. */
export class Fleet {
  private readonly topology: Topology
  private readonly options: FleetOptions
  private readonly clock: MovedClock
  private readonly random: Random
  private readonly publishing: Publishing
  private machines: Machine[] = []
  /** Taken for dead, but not: they go on until the brokers refuse them. */
  private zombies: Machine[] = []

  private constructor(topology: Topology, options: FleetOptions, publishing: Publishing) {
    this.topology = topology
    this.options = options
    this.clock = new MovedClock(options.startMs)
    this.random = new Random(options.seed)
    this.publishing = publishing
  }

  static async start(topology: Topology, options: FleetOptions): Promise<Fleet> {
    const log = await openLog(options)
    await log.createTopics(topicSpecsOf(topology, options.partitions, Infinity))
    await log.close()
    const { brokers, prefix, partitions } = options
    const fleet = new Fleet(topology, options, await Publishing.start(brokers, prefix, partitions))
    for (let index = 0; index < options.workers; index++) fleet.machines.push(await fleet.newMachine(index))
    return fleet
  }

  publish<Value>(topic: Topic<Value>, value: Value): Promise<void> {
    return this.publishing.publish(topic, value)
  }

  publishRaw(topic: TopicInfo, key: Buffer, value: Buffer, time: number): Promise<void> {
    return this.publishing.publishRaw(topic, key, value, time)
  }

  /** Lets so much time pass, or as much as quiet topics hold time back. */
  advance(ms: number): void {
    this.clock.advance(Math.max(ms, 2 * IDLE_MS))
  }

  /** A round of everybody; answers how many records were taken. Who lost a task that is its own takes it up again. */
  async round(): Promise<number> {
    let taken = 0
    for (const { worker } of [...this.machines, ...this.zombies]) taken += await worker.round()
    for (const { worker, tasks } of this.machines) await worker.open(tasks)
    for (const zombie of this.zombies) if (zombie.worker.taskIds().length === 0) await zombie.log.close()
    this.zombies = this.zombies.filter(({ worker }) => worker.taskIds().length > 0)
    return taken
  }

  /** Runs until everything published is processed and committed, and what that led to. */
  async settle(): Promise<void> {
    let quiet = 0
    for (let rounds = 0; quiet < QUIET_ROUNDS; rounds++) {
      if (rounds === ROUNDS_MAX) throw new Error(`work is left after ${ROUNDS_MAX} rounds`)
      const taken = await this.round()
      // News that a slow broker has not told yet is news.
      if (taken === 0) for (const { log } of this.machines) await log.hearEnds()
      const isQuiet = taken === 0 && this.machines.every(({ worker }) => worker.settled)
      quiet = isQuiet ? quiet + 1 : 0
      if (taken === 0) await sleep(ROUND_MS)
    }
  }

  /** A machine is taken for dead in the midst of what it does; another restores its tasks from the changelogs. */
  async replace(): Promise<void> {
    const index = this.random.below(this.machines.length)
    this.zombies.push(this.machines[index]!)
    this.machines[index] = await this.newMachine(index)
  }

  state(): Promise<Map<string, string>> {
    return rowsOf(this.machines.map(({ worker }) => worker))
  }

  records<Value>(topic: Topic<Value>): Promise<Value[]> {
    return this.publishing.records(topic)
  }

  deadLetters(topic: TopicInfo): ReturnType<Publishing['deadLetters']> {
    return this.publishing.deadLetters(topic)
  }

  async close(): Promise<void> {
    for (const { worker, log } of [...this.machines, ...this.zombies]) {
      await worker.abandon()
      await log.close()
    }
    await this.publishing.close()
  }

  private async newMachine(index: number): Promise<Machine> {
    const log = await openLog(this.options)
    const state = new MemoryState({ disk: new MemoryDisk() })
    // As a member that has not heard the latest news: it takes nothing back.
    const mayReopen = (): boolean => !this.zombies.some((zombie) => zombie.log === log)
    const services = { log, state, clock: this.clock, metrics: NO_METRICS, mayReopen }
    const options = {
      ...WORKER_DEFAULTS,
      changelog: 'keep',
      commitIntervalMs: 30,
      batchEventsMax: 64,
      idleMs: IDLE_MS,
    } as const
    const worker = new Worker(this.topology, services, options)
    const tasks = worker.allTaskIds().filter((_, task) => task % this.options.workers === index)
    await worker.open(tasks)
    return { log, worker, tasks }
  }
}

const openLog = ({ brokers, prefix, partitions }: FleetOptions): Promise<KafkaLog> =>
  KafkaLog.open({ brokers, prefix, changelogPartitions: partitions })
