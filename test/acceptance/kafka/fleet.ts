import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../cli/runtime/clock.ts'
import { ByteWriter } from '../../../engine/bytes.ts'
import type { Clock } from '../../../engine/clock.ts'
import { deadLetterTopic } from '../../../engine/dead-letters.ts'
import { Random } from '../../../engine/driver/random.ts'
import { partitionOf } from '../../../engine/hash.ts'
import { KeyWriter } from '../../../engine/key.ts'
import { FrameCursor, FrameWriter } from '../../../engine/log/frame.ts'
import { KafkaLog } from '../../../engine/log/kafka.ts'
import { NO_METRICS } from '../../../engine/metrics.ts'
import { MemoryDisk } from '../../../engine/state/memory-disk.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import type { Topic, TopicInfo } from '../../../engine/topic.ts'
import type { Topology } from '../../../engine/topology.ts'
import { topicSpecsOf, Worker, WORKER_DEFAULTS } from '../../../engine/worker.ts'
import { millis } from '../../../schemas/ids.ts'

export interface FleetOptions {
  readonly seed: number
  readonly partitions: number
  readonly workers: number
  /** Wall time of everybody when it starts. */
  readonly startMs: number
  readonly brokers: readonly string[]
  readonly prefix: string
}

const ROWS_MAX = 1_000_000
const READ_BYTES_MAX = 1 << 20
/** News travels between workers by the brokers: nothing is left when there is none for so many rounds. */
const QUIET_ROUNDS = 20
const ROUND_MS = 20
/** A quiet topic holds time back for so long: longer than a busy machine lets anything wait. */
const IDLE_MS = 120_000
const ROUNDS_MAX = 20_000

/** The machine's own time, moved to when the run takes place. */
class MovedClock implements Clock {
  private ahead: number

  constructor(startMs: number) {
    this.ahead = startMs - systemClock.monotonicMs()
  }

  now = () => millis(Math.floor(this.monotonicMs()))
  monotonicMs = (): number => systemClock.monotonicMs() + this.ahead

  advance(ms: number): void {
    this.ahead += ms
  }
}

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
  private readonly publisher: KafkaLog
  private machines: Machine[] = []
  /** Taken for dead, but not: they go on until the brokers refuse them. */
  private zombies: Machine[] = []

  private constructor(topology: Topology, options: FleetOptions, publisher: KafkaLog) {
    this.topology = topology
    this.options = options
    this.clock = new MovedClock(options.startMs)
    this.random = new Random(options.seed)
    this.publisher = publisher
  }

  static async start(topology: Topology, options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(topology, options, await openLog(options))
    await fleet.publisher.createTopics(topicSpecsOf(topology, options.partitions, Infinity))
    for (let index = 0; index < options.workers; index++) fleet.machines.push(await fleet.newMachine(index))
    return fleet
  }

  async publish<Value>(topic: Topic<Value>, value: Value): Promise<void> {
    const bytes = new ByteWriter()
    topic.codec.encode(value, bytes)
    const key = new KeyWriter()
    topic.key(value, key)
    await this.publishRaw(topic, key.view(), bytes.view(), topic.time(value))
  }

  async publishRaw(topic: TopicInfo, key: Buffer, value: Buffer, time: number): Promise<void> {
    const frame = new FrameWriter()
    frame.append(time, key, 0, key.length, value, 0, value.length)
    const partition = partitionOf(key, 0, key.length, this.options.partitions)
    await this.publisher.append([{ topic: topic.name, partition, frame: frame.take() }])
  }

  /** Lets so much time pass, or as much as quiet topics hold time back. */
  advance(ms: number): void {
    this.clock.advance(Math.max(ms, 2 * IDLE_MS))
  }

  /** A round of everybody; answers how many records were taken. */
  async round(): Promise<number> {
    let taken = 0
    for (const { worker } of [...this.machines, ...this.zombies]) taken += await worker.round()
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

  async state(): Promise<Map<string, string>> {
    const rows = new Map<string, string>()
    for (const { worker } of this.machines) {
      for (const name of worker.storeNames()) {
        for (const store of (await worker.stores(name)) ?? []) {
          for (const { key, value } of await store.scan({ limit: ROWS_MAX })) {
            rows.set(`${name}/${key.toString('latin1')}`, value.toString('hex'))
          }
        }
      }
    }
    return new Map([...rows].sort(([one], [other]) => (one < other ? -1 : 1)))
  }

  /** As one who comes anew finds them: who was here before has heard only of what it follows. */
  async records<Value>(topic: Topic<Value>): Promise<Value[]> {
    const log = await openLog(this.options)
    const values: Value[] = []
    const cursor = new FrameCursor()
    for (let partition = 0; partition < this.options.partitions; partition++) {
      for (let offset = 0; offset < log.endOffset(topic.name, partition);) {
        const frames = await log.read(topic.name, partition, offset, READ_BYTES_MAX)
        for (const { baseOffset, frame } of frames) {
          cursor.over(frame)
          while (cursor.next()) {
            values.push(topic.codec.decode(cursor.buffer, cursor.valueStart, cursor.valueEnd))
          }
          offset = baseOffset + frame.count
        }
        if (frames.length === 0) await sleep(1)
      }
    }
    await log.close()
    return values
  }

  deadLetters(
    topic: TopicInfo,
  ): Promise<ReturnType<ReturnType<typeof deadLetterTopic>['codec']['decode']>[]> {
    return this.records(deadLetterTopic(topic))
  }

  async close(): Promise<void> {
    for (const { worker, log } of [...this.machines, ...this.zombies]) {
      await worker.abandon()
      await log.close()
    }
    await this.publisher.close()
  }

  private async newMachine(index: number): Promise<Machine> {
    const log = await openLog(this.options)
    const state = new MemoryState({ disk: new MemoryDisk() })
    const services = { log, state, clock: this.clock, metrics: NO_METRICS }
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
