import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { EngineError } from '../../engine/errors.ts'
import { FleetMember, MEMBER_DEFAULTS } from '../../engine/fleet/member.ts'
import { Membership } from '../../engine/fleet/membership.ts'
import type { RestoreProgress } from '../../engine/fleet/standby.ts'
import type { KafkaLog } from '../../engine/log/kafka.ts'
import { NO_METRICS } from '../../engine/metrics.ts'
import { RocksState } from '../../engine/state/rocksdb.ts'
import { STATE_DEFAULTS, type StateOptions } from '../../engine/state/task-state.ts'
import { Database } from '../../engine/storage/database.ts'
import type { Topology } from '../../engine/topology.ts'
import { Worker, WORKER_DEFAULTS, type WorkerOptions } from '../../engine/worker.ts'
import { everything } from '../../topologies/index.ts'
import { membersTopic, openFleetLog } from './fleet-log.ts'
import { Loop } from './loops.ts'
import type { WorkerSettings } from './settings.ts'

/** A worker of a fleet, in this process. */
export interface RunningWorker {
  readonly topology: Topology
  /** Runs the tasks that this member has now; read its stores from here. */
  readonly worker: Worker
  readonly log: KafkaLog
  /** What it does now, and how far it is. */
  status(): WorkerStatus
  /** The member that runs a task, as it was heard last; undefined for nobody, as while it is taken over. */
  runnerOf(taskId: string): Runner | undefined
  /** Tells the other members where people may ask this one. */
  answersAt(url: string): void
  /** Throws what only a person can mend, once it has stopped on it. */
  assertRunning(): void
  /** Hands its tasks over, leaves the group and closes everything. Idempotent. */
  close(): Promise<void>
}

export interface Runner {
  readonly member: string
  /** Where it answers people; null before it does. */
  readonly url: string | null
}

export interface WorkerStatus {
  readonly member: string
  /** Members heard of lately, itself among them. */
  readonly members: readonly string[]
  /** Where they answer people, by name; those who do. */
  readonly urls: Readonly<Record<string, string>>
  /** Tasks that it runs, and how many records each could read and has not processed. */
  readonly active: Readonly<Record<string, number>>
  /** Tasks that it is to run and whose state it still restores: records of the changelog read, of all. */
  readonly restoring: Readonly<Record<string, RestoreProgress>>
  /** Tasks whose state it keeps up to date for others. */
  readonly standby: readonly string[]
  /** Records readable but not yet processed, of the tasks that it runs. */
  readonly lagRecords: number
  /** Nothing is left to read, fire or commit in the tasks that it runs. */
  readonly settled: boolean
}

/** A commit takes brokers some requests, and a worker has dozens of tasks: quiet ones do not commit sooner than others. */
const FLEET_DEFAULTS: WorkerOptions = {
  ...WORKER_DEFAULTS,
  changelog: 'sweep',
  idleCommitIntervalMs: WORKER_DEFAULTS.commitIntervalMs,
  batchEventsMax: 512,
  commitIntervalMsMax: 300,
}
/** Processing lets others wait for so long. */
const BREATH_MS = 10
/** How often a member hears what is new and looks what is to be done. */
const STEP_MS = 25
/** How often copies that have read everything look for more. */
const FOLLOW_MS = 50
const REPORT_MS = 1_000
const TASK_CACHE_BYTES_MIN = 2 ** 24
const TASK_CHANGELOG_BYTES_MIN = 2 ** 22

/**
 * Connects, makes the topics that are missing, joins the group and processes what it is assigned. Throws an
 * `EngineError`.
 */
export const startWorker = async (settings: WorkerSettings): Promise<RunningWorker> => {
  const database = await Database.open(settings.dataDirectory)
  let log: KafkaLog | undefined
  try {
    log = await openFleetLog(everything, settings)
    const state = await RocksState.open(database)
    const fleetWorker = new FleetWorker(settings, { database, log, state })
    await fleetWorker.start()
    return fleetWorker
  } catch (error) {
    await log?.close()
    await database.close()
    throw error
  }
}

interface Parts {
  readonly database: Database
  readonly log: KafkaLog
  readonly state: RocksState
}

class FleetWorker implements RunningWorker {
  readonly topology = everything
  readonly worker: Worker
  readonly log: KafkaLog
  private readonly settings: WorkerSettings
  private readonly parts: Parts
  private readonly membership: Membership
  private readonly member: FleetMember
  private loops: Loop[] = []
  private running: Promise<void> = Promise.resolve()
  private wakeWorker: (() => void) | undefined
  private stopListening: (() => void) | undefined
  private stopping = false
  private failure: unknown
  private closing: Promise<void> | undefined
  private reportedAt = -Infinity
  private breathedAt = -Infinity
  private toldTasks = ''

  constructor(settings: WorkerSettings, parts: Parts) {
    const {
      clock,
      metrics = NO_METRICS,
      schemas,
      member,
      heartbeatMs,
      missedHeartbeatsMax,
      standbys,
      failed,
    } = settings
    const { log, state } = parts
    this.settings = settings
    this.parts = parts
    this.log = log
    const services = { log, state, clock, metrics, ...(schemas && { schemas }), ...(failed && { failed }) }
    const tasks = new Worker(everything, services, WORKER_DEFAULTS).allTaskIds()
    const stateOptions = stateOptionsFor(tasks.length, settings)
    const options = { ...FLEET_DEFAULTS, state: stateOptions, ...settings.worker }
    const mayReopen = (): boolean => this.membership.isCurrent
    this.worker = new Worker(everything, { ...services, mayReopen }, options)
    this.membership = new Membership(log, clock, {
      topic: membersTopic(settings.group),
      member,
      incarnation: randomUUID(),
      heartbeatMs,
      missedHeartbeatsMax,
      standbys,
      tasks,
    })
    this.member = new FleetMember(this.worker, this.membership, services, options.state, {
      ...MEMBER_DEFAULTS,
      member,
    })
  }

  async start(): Promise<void> {
    await this.member.begin()
    const failed = (error: unknown): void => this.fail(error)
    this.loops = [
      new Loop(STEP_MS, () => this.step(), failed),
      new Loop(FOLLOW_MS, () => this.member.follow(), failed),
    ]
    this.stopListening = this.log.onAppend(() => this.wakeWorker?.())
    this.running = this.worker
      .run({
        stopping: () => this.stopping,
        paused: () => false,
        idle: (ms) => this.idle(ms),
        breathe: () => this.breathe(),
      })
      .catch(failed)
  }

  status(): WorkerStatus {
    const { worker, member, membership } = this
    const members = [...membership.members.values()].sort((one, other) =>
      one.member < other.member ? -1 : 1,
    )
    return {
      member: this.settings.member,
      members: members.map((each) => each.member),
      urls: Object.fromEntries(
        members.flatMap((each) => (each.url === undefined ? [] : [[each.member, each.url] as const])),
      ),
      active: Object.fromEntries([...worker.lagByTask()].sort(([one], [other]) => (one < other ? -1 : 1))),
      restoring: Object.fromEntries(member.restoring),
      standby: member.following,
      lagRecords: worker.lagRecords(),
      settled: worker.settled && member.restoring.size === 0,
    }
  }

  runnerOf(taskId: string): Runner | undefined {
    const members = [...this.membership.members.values()]
    const found = members.find(({ active }) => active.includes(taskId))
    return found && { member: found.member, url: found.url ?? null }
  }

  answersAt(url: string): void {
    this.membership.answersAt(url)
  }

  assertRunning(): void {
    if (this.failure !== undefined) throw this.failure
  }

  close(): Promise<void> {
    return (this.closing ??= this.end())
  }

  /** First no more tasks are taken over, then those it has are handed over, then it is said that they are. */
  private async end(): Promise<void> {
    this.stopListening?.()
    for (const loop of this.loops) await loop.stop()
    this.stopping = true
    this.wakeWorker?.()
    try {
      await this.running
      if (this.failure === undefined) await this.member.leave()
      else await this.member.abandon()
    } finally {
      await this.log.close()
      await this.parts.state.close()
      await this.parts.database.close()
    }
  }

  private async step(): Promise<boolean> {
    try {
      await this.member.step()
    } catch (error) {
      // A log that does not answer now will; what is due then is done then.
      const isPassing = error instanceof EngineError && error.recovery === 'retry'
      if (!isPassing || error.code === 'DISK_FULL') throw error
    }
    this.tellTasks()
    const now = this.settings.clock.monotonicMs()
    if (now - this.reportedAt >= REPORT_MS) {
      this.reportedAt = now
      this.member.report()
    }
    return false
  }

  private tellTasks(): void {
    const tasks = this.worker.taskIds().sort()
    if (this.toldTasks === tasks.join()) return
    this.toldTasks = tasks.join()
    this.settings.tasksChanged?.(tasks)
  }

  /** It falls silent, so that others take its tasks; what it holds is let go of by closing. */
  private fail(error: unknown): void {
    this.failure ??= error
    this.stopping = true
    for (const loop of this.loops) void loop.stop()
    this.wakeWorker?.()
  }

  /** Answers of brokers are heard between batches, but processing comes first: each costs less when several are heard at once. */
  private async breathe(): Promise<void> {
    const now = this.settings.clock.monotonicMs()
    if (now - this.breathedAt < BREATH_MS) return
    await nextTurn()
    this.breathedAt = this.settings.clock.monotonicMs()
  }

  private idle(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.wakeWorker = undefined
        setImmediate(resolve)
      }
      const timer = setTimeout(done, ms)
      this.wakeWorker = done
    })
  }
}

/** One process holds some of the tasks; limits are for all of them, for it may be the only one. */
export const stateOptionsFor = (
  tasks: number,
  { cacheBytesMax, changelogBytesMax }: Pick<WorkerSettings, 'cacheBytesMax' | 'changelogBytesMax'>,
): StateOptions => ({
  ...STATE_DEFAULTS,
  cacheBytesMax: Math.max(TASK_CACHE_BYTES_MIN, Math.floor(cacheBytesMax / tasks)),
  changelogBytesMax: Math.max(TASK_CHANGELOG_BYTES_MIN, Math.floor(changelogBytesMax / tasks)),
})
