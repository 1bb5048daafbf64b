import { EngineError } from '../errors.ts'
import type { TaskServices } from '../task-options.ts'
import { coded, UnexpectedFailures } from '../unexpected.ts'
import type { Worker, WorkerOptions } from '../worker.ts'
import type { SharedLog } from '../log/port.ts'
import type { Holdings, Membership } from './membership.ts'
import { dropIfOutdated, Standby, type RestoreProgress } from './standby.ts'

export interface MemberServices extends TaskServices {
  readonly log: SharedLog
}

export interface MemberOptions {
  readonly member: string
  /** Copies with no more offsets than this to read take over. */
  readonly warmLagMax: number
  /** How long to wait for the member that ran a task before to let go of it. */
  readonly handOverMsMax: number
  readonly retryMs: number
  /** A disk without room for so long is left to itself: others take the tasks. */
  readonly diskFullMsMax: number
}

export const MEMBER_DEFAULTS: Omit<MemberOptions, 'member'> = {
  warmLagMax: 16,
  handOverMsMax: 5_000,
  retryMs: 200,
  diskFullMsMax: 10_000,
}

const NOT_BEGUN: RestoreProgress = { read: 0, total: 0 }

type Role = 'owner' | 'standby' | 'none'

/**
 * Brings what a process does in line with the fleet's plan: tasks that it owns run in its worker, copies are kept of
 * others. What takes time (restoring, taking over, letting go) goes on behind `step`, one thing a task at a
 * time, beside the tasks that run.
 */
export class FleetMember {
  private readonly worker: Worker
  private readonly membership: Membership
  private readonly services: MemberServices
  private readonly stateOptions: WorkerOptions['state']
  private readonly options: MemberOptions
  private readonly standbys = new Map<string, Standby>()
  /** What is under way, a task. */
  private readonly busy = new Map<string, Promise<void>>()
  private readonly unexpected = new UnexpectedFailures()
  private readonly retryAt = new Map<string, number>()
  /** Since when a task is owned but not run. */
  private readonly wantedAt = new Map<string, number>()
  private stored: ReadonlyMap<string, number> = new Map()
  private failure: EngineError | undefined
  /** Since when copies find no room on the disk. */
  private fullAt: number | undefined

  constructor(
    worker: Worker,
    membership: Membership,
    services: MemberServices,
    stateOptions: WorkerOptions['state'],
    options: MemberOptions,
  ) {
    this.worker = worker
    this.membership = membership
    this.services = services
    this.stateOptions = stateOptions
    this.options = options
  }

  /** Looks at what the disk holds: those who have some of a task's state are the first to be given it. */
  async begin(): Promise<void> {
    this.stored = await this.services.state.stored()
  }

  /** Tasks that it owns and whose state it still restores, and how far it is; of those not begun with, at nothing. */
  get restoring(): ReadonlyMap<string, RestoreProgress> {
    const ids = this.tasksOf('owner').filter((id) => !this.runs(id))
    return new Map(ids.map((id) => [id, this.standbys.get(id)?.progress ?? NOT_BEGUN]))
  }

  /** Tasks that it keeps copies of for others. */
  get following(): string[] {
    return [...this.standbys.keys()].filter((id) => this.roleOf(id) !== 'owner').sort()
  }

  /** Copies of states as they are now, also of tasks that are being restored. */
  standby(taskId: string): Standby | undefined {
    return this.standbys.get(taskId)
  }

  holdings(): Holdings {
    const warm = Object.fromEntries([...this.standbys].map(([id, { remaining }]) => [id, remaining]))
    const active = this.worker.taskIds()
    const others = [...this.stored].filter(([id]) => warm[id] === undefined && !this.runs(id))
    return { active, warm, stored: Object.fromEntries(others) }
  }

  /** Hears what is new, says what there is to say, and begins what is to be done. Throws what a person must mend. */
  async step(): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    this.checkDisk()
    await this.membership.tick(() => this.holdings())
    const { successor } = this.membership
    if (successor !== undefined) {
      throw new EngineError('MEMBER_REPLACED', `"${this.options.member}" has joined again, as ${successor}`)
    }
    if (this.membership.plan === undefined) return
    const tasks = new Set([...this.tasksOf('owner'), ...this.tasksOf('standby')])
    for (const id of [...tasks, ...this.worker.taskIds(), ...this.standbys.keys()]) this.bringInLine(id)
  }

  /** Lets every copy take in what came; answers whether any did. */
  async follow(): Promise<boolean> {
    let advanced = false
    for (const [id, standby] of this.standbys) {
      if (this.busy.has(id)) continue
      try {
        if (!(await standby.advance())) continue
        advanced = true
        // A copy that is to run has got on only once it does.
        if (this.roleOf(id) !== 'owner') this.unexpected.passed(id)
        this.fullAt = undefined
      } catch (error) {
        this.doing(id, () => this.giveUp(id, standby, error))
      }
    }
    return advanced
  }

  /** Tells the metrics where it stands. */
  report(): void {
    const { metrics } = this.services
    metrics.gauge('tasks', { role: 'active' }, this.worker.taskIds().length)
    const { restoring } = this
    metrics.gauge('tasks', { role: 'restoring' }, restoring.size)
    metrics.gauge('tasks', { role: 'standby' }, this.following.length)
    metrics.gauge('fleet_members', {}, this.membership.members.size)
    let read = 0
    let total = 0
    for (const progress of restoring.values()) {
      read += progress.read
      total += progress.total
    }
    metrics.gauge('restore_records_read', {}, read)
    metrics.gauge('restore_records', {}, total)
    let lag = 0
    for (const id of this.following) lag = Math.max(lag, this.standbys.get(id)!.remaining)
    metrics.gauge('standby_lag_records', {}, lag)
  }

  /** Hands everything over and says so. */
  async leave(): Promise<void> {
    await Promise.all(this.busy.values())
    await Promise.all(this.worker.taskIds().map((id) => this.worker.release([id])))
    await this.closeStandbys()
    await this.membership.leave()
  }

  /** Lets go of everything at once, as a crash would. */
  async abandon(): Promise<void> {
    await Promise.all(this.busy.values())
    await this.worker.abandon()
    await this.closeStandbys()
  }

  private async closeStandbys(): Promise<void> {
    for (const standby of this.standbys.values()) await standby.close()
    this.standbys.clear()
  }

  private bringInLine(id: string): void {
    if (this.busy.has(id) || this.now < (this.retryAt.get(id) ?? -Infinity)) return
    const role = this.roleOf(id)
    const standby = this.standbys.get(id)
    if (role !== 'owner' || this.runs(id)) this.wantedAt.delete(id)
    else if (!this.wantedAt.has(id)) this.wantedAt.set(id, this.now)
    if (this.runs(id)) {
      this.unexpected.passed(id)
      if (role !== 'owner') this.doing(id, () => this.worker.release([id]))
    } else if (role === 'none') {
      if (standby !== undefined) this.doing(id, () => this.drop(id, standby))
    } else if (standby === undefined) this.doing(id, () => this.open(id))
    else if (role === 'owner' && this.mayTakeOver(id, standby)) {
      this.doing(id, () => this.takeOver(id, standby))
    }
  }

  /**
   * Only a member that has heard the latest news takes over: one that slept would take the task from its owner. And
   * it lets the owner before finish, if that one lives: its last batch need not be done twice.
   */
  private mayTakeOver(id: string, standby: Standby): boolean {
    const isWarm = standby.hasBeenComplete && standby.remaining <= this.options.warmLagMax
    if (!isWarm || !this.membership.isCurrent) return false
    const isRunElsewhere = [...this.membership.members].some(
      ([name, { active }]) => name !== this.options.member && active.includes(id),
    )
    return !isRunElsewhere || this.wantedForMs(id) > this.options.handOverMsMax
  }

  private async open(id: string): Promise<void> {
    try {
      this.standbys.set(id, await Standby.open(id, this.services, this.stateOptions))
    } catch (error) {
      if (!(await dropIfOutdated(error, id, this.services.state))) throw error
    }
  }

  private async drop(id: string, standby: Standby): Promise<void> {
    this.standbys.delete(id)
    await standby.close()
    this.stored = await this.services.state.stored()
  }

  private async takeOver(id: string, standby: Standby): Promise<void> {
    this.standbys.delete(id)
    const warm = await standby.handOver()
    try {
      await this.worker.adopt(id, warm)
      this.services.metrics.observe('restore_ms', { task: id }, this.wantedForMs(id))
    } catch (error) {
      await warm.close()
      if (!(await dropIfOutdated(error, id, this.services.state))) throw error
    }
  }

  private async giveUp(id: string, standby: Standby, error: unknown): Promise<void> {
    if (standby.isSound && error instanceof EngineError && error.recovery === 'retry') throw error
    this.standbys.delete(id)
    await standby.close()
    if (!(await dropIfOutdated(error, id, this.services.state))) throw error
  }

  /** Does something about a task, beside everything else. */
  private doing(id: string, work: () => Promise<void>): void {
    const done = work()
      .catch((error: unknown) => this.failed(id, error))
      .finally(() => this.busy.delete(id))
    this.busy.set(id, done)
  }

  private failed(id: string, error: unknown): void {
    const failure = this.unexpected.judged(id, coded(error))
    this.services.metrics.count('task_failures', { code: failure.code }, 1)
    if (failure.recovery === 'stop') this.failure ??= failure
    if (failure.code === 'DISK_FULL') this.fullAt ??= this.now
    this.retryAt.set(id, this.now + this.options.retryMs)
  }

  private wantedForMs(id: string): number {
    return this.now - (this.wantedAt.get(id) ?? this.now)
  }

  private checkDisk(): void {
    const fullForMs = Math.max(this.worker.fullForMs(), this.now - (this.fullAt ?? this.now))
    if (fullForMs <= this.options.diskFullMsMax) return
    throw new EngineError(
      'DISK_FULL',
      `no room for ${Math.round(fullForMs)} ms: other workers take the tasks`,
    )
  }

  private runs(id: string): boolean {
    return this.worker.taskIds().includes(id)
  }

  private tasksOf(role: Role): string[] {
    return Object.keys(this.membership.plan?.tasks ?? {}).filter((id) => this.roleOf(id) === role)
  }

  private roleOf(id: string): Role {
    const place = this.membership.plan?.tasks[id]?.indexOf(this.options.member) ?? -1
    if (place === -1) return 'none'
    return place === 0 ? 'owner' : 'standby'
  }

  private get now(): number {
    return this.services.clock.monotonicMs()
  }
}
