import type { EngineError } from './errors.ts'
import type { TaskState } from './state/task-state.ts'
import { Task, taskIdOf } from './task.ts'
import type { TaskOptions, TaskServices } from './task-options.ts'
import type { TaskPlan } from './topology.ts'
import { coded, UnexpectedFailures } from './unexpected.ts'

export interface TurnOptions extends TaskOptions {
  /** Longest wall time that work stays uncommitted. */
  readonly commitIntervalMs: number
  /** A task with nothing left to read commits this soon after its last commit. */
  readonly idleCommitIntervalMs: number
  /**
   * Where commits take long, their interval is stretched, at most to this (0: never): fewer and larger commits are what
   * relieves a busy log.
   */
  readonly commitIntervalMsMax: number
  /** Records taken while a commit is under way; then its end is waited for. */
  readonly uncommittedRecordsMax: number
  /** First wait after a retryable error; it doubles up to `retryMsMax`. */
  readonly retryMs: number
  readonly retryMsMax: number
}

/** Of a task's time, commits take at most half where their interval may be stretched. */
const COMMITS_AN_INTERVAL = 2

/**
 * A task as its worker runs it: opened, polled, committed by interval, and, after an error, tried again or
 * started over from what is committed.
 */
export class AssignedTask {
  readonly id: string
  readonly plan: TaskPlan
  readonly partition: number
  private readonly services: TaskServices
  private readonly options: TurnOptions
  private current: Task | undefined
  /** Records of a batch under way are neither waiting to be read nor done. */
  private inTurn = false
  /** The worker has let go of it, perhaps in the midst of a turn. */
  private dropped = false
  private turning: Promise<void> | undefined
  private committing: Promise<void> | undefined
  /** What a commit failed on; the next turn deals with it, for a batch may be under way. */
  private commitFailure: EngineError | undefined
  private readonly unexpected = new UnexpectedFailures()
  /** A commit is to be tried again; until it is through, no batch is taken on top of it. */
  private retrying = false
  private fullAt: number | undefined
  private committedAt: number
  private commitMs = 0
  private retryAt = -Infinity
  private retryMs: number

  constructor(plan: TaskPlan, partition: number, services: TaskServices, options: TurnOptions) {
    this.id = taskIdOf(plan.keySpace, partition)
    this.plan = plan
    this.partition = partition
    this.services = services
    this.options = options
    this.committedAt = services.clock.monotonicMs()
    this.retryMs = options.retryMs
  }

  /** Undefined after an error, until the next turn opens it again. */
  get task(): Task | undefined {
    return this.current
  }

  /** Since when its commits find no room on the disk, monotonic milliseconds; undefined while they do. */
  get fullSince(): number | undefined {
    return this.fullAt
  }

  /** Nothing left to read, fire or commit. */
  get settled(): boolean {
    const task = this.current
    return task !== undefined && !this.inTurn && !task.dirty && !task.hasDueTimers && task.lagRecords() === 0
  }

  /** Restores the task's state, or goes on from a copy that is kept warm. */
  async open(warm?: TaskState): Promise<Task> {
    return (this.current ??= await Task.open(this.plan, this.partition, this.services, this.options, warm))
  }

  /**
   * One batch (none while held back), and a commit if its time has come; answers how many records were taken.
   * Throws only what this worker cannot go on after: then the task is dropped.
   */
  async turn(isHeldBack: boolean): Promise<number> {
    if (this.services.clock.monotonicMs() < this.retryAt) return 0
    const turn = this.takeTurn(isHeldBack)
    this.turning = turn.then(nothing, nothing)
    return turn
  }

  private async takeTurn(isHeldBack: boolean): Promise<number> {
    if (this.current === undefined && this.services.mayReopen?.() === false) return 0
    this.inTurn = true
    try {
      if (this.commitFailure !== undefined) throw this.commitFailure
      const task = await this.open()
      const taken = isHeldBack || this.retrying || this.isAhead(task) ? 0 : await task.poll()
      if (!this.dropped) this.startCommit(task, taken)
      return taken
    } catch (error) {
      if (!this.dropped) await this.startOver(coded(error))
      return 0
    } finally {
      this.inTurn = false
    }
  }

  /**
   * Commits what is done and writes state to disk, once a turn that is under way has ended. Lets go of the task,
   * whether or not that succeeds.
   */
  async close(): Promise<void> {
    this.dropped = true
    await this.turning
    await this.committing
    try {
      if (this.commitFailure === undefined) await this.current?.close()
    } finally {
      await this.letGo()
    }
  }

  /** Lets go of the task without committing. */
  async abandon(): Promise<void> {
    this.dropped = true
    await this.letGo()
  }

  private async letGo(): Promise<void> {
    await this.committing
    const task = this.current
    this.current = undefined
    this.retrying = false
    await task?.abandon()
  }

  /** The disk does not keep up. */
  private isAhead(task: Task): boolean {
    return this.committing !== undefined && task.uncommittedRecords >= this.options.uncommittedRecordsMax
  }

  private startCommit(task: Task, taken: number): void {
    const sinceMs = this.services.clock.monotonicMs() - this.committedAt
    const due = sinceMs >= this.commitIntervalMs(taken)
    if (!due || !task.dirty || this.committing !== undefined || this.commitFailure !== undefined) return
    this.committedAt = this.services.clock.monotonicMs()
    this.committing = task
      .commit()
      .then(
        () => this.commitSucceeded(),
        (error: unknown) => this.commitFailed(coded(error)),
      )
      .finally(() => {
        this.committing = undefined
      })
  }

  private commitIntervalMs(taken: number): number {
    const { commitIntervalMs, commitIntervalMsMax, idleCommitIntervalMs } = this.options
    const wantedMs = taken === 0 ? idleCommitIntervalMs : commitIntervalMs
    return Math.max(wantedMs, Math.min(COMMITS_AN_INTERVAL * this.commitMs, commitIntervalMsMax))
  }

  private commitSucceeded(): void {
    this.commitMs = this.services.clock.monotonicMs() - this.committedAt
    this.fullAt = undefined
    this.retrying = false
    this.retryMs = this.options.retryMs
    this.unexpected.passed(this.id)
  }

  private commitFailed(failure: EngineError): void {
    if (failure.code === 'DISK_FULL') this.fullAt ??= this.services.clock.monotonicMs()
    if (failure.recovery !== 'retry') this.commitFailure = failure
    else {
      this.tell(failure)
      this.retrying = true
      this.waitBeforeRetry()
    }
  }

  /** What is in memory may be wrong, or half a batch: the next turn restores what is committed. */
  private async startOver(thrown: EngineError): Promise<void> {
    const failure = this.unexpected.judged(this.id, thrown)
    this.tell(failure)
    await this.letGo().catch(() => undefined)
    this.commitFailure = undefined
    if (isForOthers(failure)) throw failure
    this.waitBeforeRetry()
  }

  private waitBeforeRetry(): void {
    this.retryAt = this.services.clock.monotonicMs() + this.retryMs
    this.retryMs = Math.min(this.retryMs * 2, this.options.retryMsMax)
  }

  private tell(failure: EngineError): void {
    this.services.metrics.count('task_failures', { code: failure.code }, 1)
    this.services.failed?.(failure, this.id)
  }
}

/**
 * Starting over would not help: a person is to act, another has the task, or its disk is behind what is left of the
 * changelog, which whoever gave it to this worker drops before the task is restored.
 */
const isForOthers = ({ code, recovery }: EngineError): boolean =>
  recovery === 'stop' || recovery === 'rejoin' || code === 'CHANGELOG_DROPPED'

const nothing = (): void => undefined
