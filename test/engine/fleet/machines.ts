import { setImmediate as macrotask } from 'node:timers/promises'
import { ByteWriter } from '../../../engine/bytes.ts'
import { SimulatedClock } from '../../../engine/driver/clock.ts'
import { Random } from '../../../engine/driver/random.ts'
import { EngineError } from '../../../engine/errors.ts'
import { FleetMember, MEMBER_DEFAULTS } from '../../../engine/fleet/member.ts'
import { Membership } from '../../../engine/fleet/membership.ts'
import { partitionOf } from '../../../engine/hash.ts'
import { KeyWriter } from '../../../engine/key.ts'
import { FrameWriter } from '../../../engine/log/frame.ts'
import { SimulatedLogDisk } from '../../../engine/log/simulated-disk.ts'
import { SimulatedLog } from '../../../engine/log/simulated.ts'
import { MemoryDisk } from '../../../engine/state/memory-disk.ts'
import { MemoryState } from '../../../engine/state/memory.ts'
import { STATE_DEFAULTS } from '../../../engine/state/task-state.ts'
import type { SimulatedStep } from '../../../engine/storage/simulated-faults.ts'
import type { Topic } from '../../../engine/topic.ts'
import { topicSpecsOf, Worker, WORKER_DEFAULTS } from '../../../engine/worker.ts'
import { counting } from '../counting.ts'
import { NotedMetrics } from '../rig.ts'

export const PARTITIONS = 4
const TOPIC = 'members'
const START_MS = 1_750_000_000_000
const ROUND_MS_MAX = 60
export const HEARTBEAT_MS = 100
export const MISSED_MAX = 8
/** What lies under way when a machine crashes is cut off by the closing of its log and state. */
const STATE = { ...STATE_DEFAULTS, changelogBytesMax: 500, cacheBytesMax: 2_000, writeBehindRowsMax: 10 }

/** A machine with a process, as long as it is not down. */
class Machine {
  readonly name: string
  readonly disk = new MemoryDisk()
  /** Of all its processes. */
  readonly metrics = new NotedMetrics()
  process: Process | undefined
  isFrozen = false
  diskIsFull = false
  /** What runs on it has a mistake that shows whenever it writes state. */
  isMistaken = false
  /** What runs on it fails at its next commit, on something that passes. */
  failsOnce = false
  /** Of processes that start from now on. */
  changelogBytesMax = STATE.changelogBytesMax
  private starts = 0

  constructor(name: string) {
    this.name = name
  }

  async start(logDisk: SimulatedLogDisk, clock: SimulatedClock, standbys: number): Promise<void> {
    this.process = new Process(this, `${this.name} ${++this.starts}`, logDisk, clock, standbys)
    await this.process.member.begin()
  }

  async crash(): Promise<void> {
    const { process } = this
    this.process = undefined
    this.isFrozen = false
    await process?.cut()
  }
}

class Process {
  readonly worker: Worker
  readonly membership: Membership
  readonly member: FleetMember
  private readonly log: SimulatedLog
  private readonly state: MemoryState

  constructor(
    machine: Machine,
    incarnation: string,
    logDisk: SimulatedLogDisk,
    clock: SimulatedClock,
    standbys: number,
  ) {
    const before = (step: SimulatedStep): void => {
      if (machine.diskIsFull && step === 'state-write') throw new EngineError('DISK_FULL', 'no space left')
      if (machine.isMistaken && step === 'state-write') throw new TypeError('x is not a function')
      if (!machine.failsOnce || step !== 'commit') return
      machine.failsOnce = false
      throw new TypeError('nobody foresaw this')
    }
    const faults = { before }
    this.log = new SimulatedLog({ clock: () => clock.now(), disk: logDisk, dropsTrimmed: true, faults })
    this.state = new MemoryState({ disk: machine.disk, faults })
    const services = { log: this.log, state: this.state, clock, metrics: machine.metrics }
    const state = { ...STATE, changelogBytesMax: machine.changelogBytesMax }
    const options = { ...WORKER_DEFAULTS, changelog: 'sweep', state, batchEventsMax: 8 } as const
    const mayReopen = (): boolean => this.membership.isCurrent
    this.worker = new Worker(counting, { ...services, mayReopen }, options)
    this.membership = new Membership(this.log, clock, {
      topic: TOPIC,
      member: machine.name,
      incarnation,
      heartbeatMs: HEARTBEAT_MS,
      missedHeartbeatsMax: MISSED_MAX,
      standbys,
      tasks: this.worker.allTaskIds(),
    })
    this.member = new FleetMember(this.worker, this.membership, services, state, {
      ...MEMBER_DEFAULTS,
      member: machine.name,
    })
  }

  async round(): Promise<void> {
    await this.member.step()
    await this.member.follow()
    await this.worker.round()
  }

  async cut(): Promise<void> {
    await this.log.close()
    await this.state.close()
  }
}

/** Workers of a fleet on simulated machines, over one simulated log. */
export class Machines {
  readonly clock = new SimulatedClock(START_MS)
  readonly random: Random
  readonly machines: Machine[]
  private readonly logDisk = new SimulatedLogDisk()
  private readonly publisher: SimulatedLog
  private readonly standbys: number

  private constructor(seed: number, machines: number, standbys: number) {
    this.random = new Random(seed)
    this.standbys = standbys
    this.machines = Array.from({ length: machines }, (_, index) => new Machine(`machine-${index}`))
    this.publisher = new SimulatedLog({ clock: () => this.clock.now(), disk: this.logDisk })
  }

  static async start(seed: number, machines: number, standbys: number): Promise<Machines> {
    const fleet = new Machines(seed, machines, standbys)
    const members = { name: TOPIC, partitions: 1, retentionMs: 3_600_000 }
    await fleet.publisher.createTopics([...topicSpecsOf(counting, PARTITIONS, Infinity), members])
    for (const machine of fleet.machines) await fleet.startOne(machine)
    return fleet
  }

  startOne(machine: Machine): Promise<void> {
    return machine.start(this.logDisk, this.clock, this.standbys)
  }

  async publish<Value>(topic: Topic<Value>, value: Value): Promise<void> {
    const bytes = new ByteWriter()
    topic.codec.encode(value, bytes)
    const key = new KeyWriter()
    topic.key(value, key)
    const frame = new FrameWriter()
    frame.append(topic.time(value), key.view(), 0, key.length, bytes.view(), 0, bytes.position)
    const partition = partitionOf(key.view(), 0, key.length, PARTITIONS)
    await this.publisher.append([{ topic: topic.name, partition, frame: frame.take() }])
  }

  async round(): Promise<void> {
    for (const machine of this.machines) {
      const { process, isFrozen } = machine
      this.clock.advance(1 + this.random.below(ROUND_MS_MAX))
      if (process === undefined || isFrozen) continue
      await process.round().catch((error: unknown) => this.ended(machine, error))
      if (this.random.chance(0.5)) await macrotask()
    }
  }

  /** A process ends when its disk has been full for long, and is started again when there is room; nothing else ends one. */
  private async ended(machine: Machine, error: unknown): Promise<void> {
    if (!(error instanceof EngineError && error.code === 'DISK_FULL')) throw error
    await machine.crash()
    if (!machine.diskIsFull) await this.startOne(machine)
  }

  /** Tasks, each with the machines that run it. */
  runners(): Map<string, string[]> {
    const runners = new Map<string, string[]>()
    for (const { name, process } of this.machines) {
      for (const id of process?.worker.taskIds() ?? []) runners.set(id, [...(runners.get(id) ?? []), name])
    }
    return runners
  }

  /** Beats and plans so far. */
  told(): number {
    return this.publisher.endOffset(TOPIC, 0)
  }

  /** Commits whose blocks were dropped from changelogs. */
  dropped(): number {
    const tasks = this.machines.flatMap(({ process }) => process?.worker.allTaskIds() ?? [])
    return [...new Set(tasks)].reduce((sum, id) => sum + this.logDisk.task(id).trimmed, 0)
  }

  async settle(roundsMax = 3_000): Promise<void> {
    let quiet = 0
    for (let round = 0; round < roundsMax; round++) {
      await this.round()
      await macrotask()
      const live = this.machines.flatMap(({ process }) => (process === undefined ? [] : [process]))
      const runners = [...this.runners().values()]
      const tasks = live[0]!.worker.allTaskIds().length
      const isCalm =
        runners.length === tasks &&
        runners.every((names) => names.length === 1) &&
        live.every(({ worker, member }) => worker.settled && member.restoring.size === 0)
      quiet = isCalm ? quiet + 1 : 0
      // Plans may still move tasks: none did for longer than a death takes to be noticed.
      if (quiet === 3 * MISSED_MAX) return
    }
    throw new Error(`not settled: ${JSON.stringify([...this.runners()])}`)
  }

  async rows(store: string): Promise<Map<string, Buffer>> {
    const rows = new Map<string, Buffer>()
    for (const { process } of this.machines) {
      for (const each of (await process?.worker.stores(store)) ?? []) {
        for (const { key, value } of await each.scan({ limit: 100_000 })) rows.set(key.toString(), value)
      }
    }
    return rows
  }
}
