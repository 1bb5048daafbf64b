import { EngineError } from './errors.ts'
import { partitionOf } from './hash.ts'
import type { TopicSpec } from './log/port.ts'
import type { Store } from './state/store.ts'
import { STATE_DEFAULTS } from './state/task-state.ts'
import { Task, taskIdOf, type TaskOptions, type TaskServices } from './task.ts'
import { deadLetterTopicName } from './dead-letters.ts'
import type { KeySpace } from './topic.ts'
import {
  inputsOf,
  isProcessor,
  keySpaceOf,
  plansOf,
  topicsOf,
  type TaskPlan,
  type Topology,
} from './topology.ts'

export interface WorkerOptions extends TaskOptions {
  /** Longest wall time that work stays uncommitted. */
  readonly commitIntervalMs: number
  /** A task with nothing left to read commits this soon after its last commit. */
  readonly idleCommitIntervalMs: number
  /** A task waits while a reader of its outputs is this far behind. */
  readonly backlogRecordsMax: number
  /** First wait after a retryable error; it doubles up to `retryMsMax`. */
  readonly retryMs: number
  readonly retryMsMax: number
  readonly metricsIntervalMs: number
}

export const WORKER_DEFAULTS: WorkerOptions = {
  batchEventsMax: 2048,
  idleMs: 2_000,
  futureMsMax: 5 * 60_000,
  eventIdsMax: 1 << 20,
  timersMax: 2048,
  changelog: 'until-on-disk',
  state: STATE_DEFAULTS,
  commitIntervalMs: 100,
  idleCommitIntervalMs: 20,
  backlogRecordsMax: 100_000,
  retryMs: 50,
  retryMsMax: 5_000,
  metricsIntervalMs: 1_000,
}

/** The topics a topology needs, for `Log.createTopics`: its own and their dead-letter topics. */
export const topicSpecsOf = (topology: Topology, partitions: number, retentionMs: number): TopicSpec[] => {
  const read = new Set(topology.nodes.flatMap(inputsOf).map(({ name }) => name))
  return topicsOf(topology).flatMap(({ name }) => {
    const own = { name, partitions, retentionMs }
    return read.has(name) ? [own, { ...own, name: deadLetterTopicName(name) }] : [own]
  })
}

interface Assigned {
  readonly plan: TaskPlan
  readonly partition: number
  readonly outputs: readonly string[]
  task: Task | undefined
  committing: Promise<void> | undefined
  committedAt: number
  retryAt: number
  retryMs: number
}

/** How a running worker is told what to do, and lets time pass. */
export interface WorkerControl {
  stopping(): boolean
  /** While true, nothing is processed. */
  paused(): boolean
  /** Waits for at most `ms`, or until there may be work. */
  idle(ms: number): Promise<void>
  /** Lets the process do other things between rounds of work. */
  breathe(): Promise<void>
}

/**
 * Runs tasks of a topology on this thread: polls each in turn, commits by interval, and does what an error's
 * recovery says. Which tasks it runs is its owner's choice.
 */
export class Worker {
  private readonly topology: Topology
  private readonly services: TaskServices
  private readonly options: WorkerOptions
  private readonly tasks = new Map<string, Assigned>()
  private readonly spaceOfStore: ReadonlyMap<string, KeySpace>
  private reportedAt = -Infinity
  private failure: EngineError | undefined

  constructor(topology: Topology, services: TaskServices, options: WorkerOptions) {
    this.topology = topology
    this.services = services
    this.options = options
    this.spaceOfStore = new Map(
      topology.nodes.filter(isProcessor).map((node) => [node.name, keySpaceOf(node)]),
    )
  }

  /** Tasks that this worker runs. */
  taskIds(): string[] {
    return [...this.tasks.keys()]
  }

  /** Every task of the topology, for a log with its topics created. */
  allTaskIds(): string[] {
    return plansOf(this.topology).flatMap((plan) =>
      Array.from({ length: this.services.log.partitions(plan.inputs[0]!.name) }, (_, partition) =>
        taskIdOf(plan.keySpace, partition),
      ),
    )
  }

  /** Opens the tasks, restoring their state; tasks already open stay as they are. */
  async open(taskIds: readonly string[]): Promise<void> {
    const wanted = new Set(taskIds)
    for (const plan of plansOf(this.topology)) {
      const partitions = this.services.log.partitions(plan.inputs[0]!.name)
      for (let partition = 0; partition < partitions; partition++) {
        const id = taskIdOf(plan.keySpace, partition)
        if (wanted.has(id) && !this.tasks.has(id)) await this.openTask(id, plan, partition)
      }
    }
  }

  /** Commits and closes tasks, so that another worker may open them. */
  async release(taskIds: readonly string[]): Promise<void> {
    for (const id of taskIds) {
      const assigned = this.tasks.get(id)
      this.tasks.delete(id)
      await assigned?.committing
      await assigned?.task?.close()
    }
  }

  /** Drops every task without committing, as a crash would. */
  async abandon(): Promise<void> {
    const tasks = [...this.tasks.values()]
    this.tasks.clear()
    for (const { task, committing } of tasks) {
      await committing?.catch(() => undefined)
      await task?.abandon()
    }
  }

  /** Polls every task once and commits those whose time has come; answers how many records were taken. */
  async round(): Promise<number> {
    let taken = 0
    for (const assigned of this.tasks.values()) taken += await this.turn(assigned)
    this.report()
    return taken
  }

  /**
   * Runs until told to stop, then commits and closes every task. Throws the error that only a
   * person can mend.
   */
  async run(control: WorkerControl): Promise<void> {
    while (!control.stopping()) {
      const taken = control.paused() ? 0 : await this.round()
      if (this.failure !== undefined) throw this.failure
      await (taken === 0 ? control.idle(this.idleMs()) : control.breathe())
    }
    await this.release([...this.tasks.keys()])
  }

  /** Commits everything that is processed, and waits for it. */
  async commit(): Promise<void> {
    for (const assigned of this.tasks.values()) {
      await assigned.committing
      await assigned.task?.commit()
    }
  }

  /** Records readable but not yet processed by this worker's tasks. */
  lagRecords(): number {
    let lag = 0
    for (const { task } of this.tasks.values()) lag += task?.lagRecords() ?? 0
    return lag
  }

  /** Nothing left to read or commit. */
  get settled(): boolean {
    for (const { task } of this.tasks.values()) {
      if (task === undefined || task.dirty || task.lagRecords() > 0) return false
    }
    return true
  }

  /** Names of the stores that can be read. */
  storeNames(): string[] {
    return [...this.spaceOfStore.keys()].sort()
  }

  /** The store's rows, a store a partition this worker runs. Undefined for an unknown name. */
  async stores(name: string): Promise<Store[] | undefined> {
    const keySpace = this.spaceOfStore.get(name)
    if (keySpace === undefined) return undefined
    const stores: Store[] = []
    for (const { plan, task } of this.tasks.values()) {
      if (plan.keySpace === keySpace && task !== undefined) stores.push(await task.store(name))
    }
    return stores
  }

  /** The store that holds a key, if this worker runs its task. */
  async storeOf(name: string, key: Uint8Array): Promise<Store | undefined> {
    const task = this.taskOf(name, key)
    return task === undefined ? undefined : task.store(name)
  }

  /** How far the task of a store's partition has come: its last durable commit, and the newest event it saw. */
  positionOf(name: string, partition: number): { sequence: number; newest: number } | undefined {
    const keySpace = this.spaceOfStore.get(name)
    return keySpace === undefined ? undefined : this.tasks.get(taskIdOf(keySpace, partition))?.task?.position
  }

  private taskOf(name: string, key: Uint8Array): Task | undefined {
    const keySpace = this.spaceOfStore.get(name)
    if (keySpace === undefined) throw new EngineError('TOPOLOGY_INVALID', `there is no store "${name}"`)
    const plan = plansOf(this.topology).find((each) => each.keySpace === keySpace)!
    const partitions = this.services.log.partitions(plan.inputs[0]!.name)
    const id = taskIdOf(keySpace, partitionOf(key, 0, key.length, partitions))
    return this.tasks.get(id)?.task
  }

  private async openTask(id: string, plan: TaskPlan, partition: number): Promise<void> {
    const task = await Task.open(plan, partition, this.services, this.options)
    const outputs = [...new Set(plan.nodes.flatMap((node) => node.outputs.map(({ name }) => name)))]
    const committedAt = this.services.clock.monotonicMs()
    const { retryMs } = this.options
    const assigned = {
      plan,
      partition,
      outputs,
      task,
      committing: undefined,
      committedAt,
      retryAt: 0,
      retryMs,
    }
    this.tasks.set(id, assigned)
  }

  private async turn(assigned: Assigned): Promise<number> {
    if (this.services.clock.monotonicMs() < assigned.retryAt) return 0
    try {
      assigned.task ??= await Task.open(assigned.plan, assigned.partition, this.services, this.options)
      const taken = this.isHeldBack(assigned) ? 0 : await assigned.task.poll()
      this.startCommit(assigned, assigned.task, taken)
      return taken
    } catch (error) {
      await this.rebuild(assigned, error)
      return 0
    }
  }

  /** A reader of this task's outputs, on this worker, is too far behind. */
  private isHeldBack({ outputs, partition }: Assigned): boolean {
    for (const { task, partition: other, plan } of this.tasks.values()) {
      if (task === undefined || other !== partition) continue
      for (const { name } of plan.inputs) {
        if (outputs.includes(name) && task.lagRecords(name) > this.options.backlogRecordsMax) return true
      }
    }
    return false
  }

  private startCommit(assigned: Assigned, task: Task, taken: number): void {
    const sinceMs = this.services.clock.monotonicMs() - assigned.committedAt
    const { commitIntervalMs, idleCommitIntervalMs } = this.options
    const due = sinceMs >= (taken === 0 ? idleCommitIntervalMs : commitIntervalMs)
    if (!due || !task.dirty || assigned.committing !== undefined) return
    assigned.committedAt = this.services.clock.monotonicMs()
    assigned.committing = this.commitTask(assigned, task)
  }

  private async commitTask(assigned: Assigned, task: Task): Promise<void> {
    try {
      await task.commit()
      assigned.retryMs = this.options.retryMs
    } catch (error) {
      await this.commitFailed(assigned, error)
    } finally {
      assigned.committing = undefined
    }
  }

  /** A retryable commit is kept and tried again; after any other failure the task starts over from what is committed. */
  private async commitFailed(assigned: Assigned, error: unknown): Promise<void> {
    if (error instanceof EngineError && error.recovery === 'retry') this.waitBeforeRetry(assigned)
    else await this.rebuild(assigned, error)
  }

  private async rebuild(assigned: Assigned, error: unknown): Promise<void> {
    const known =
      error instanceof EngineError ? error : new EngineError('DISK_FAILED', String(error), { cause: error })
    this.services.metrics.count('task_failures', { code: known.code }, 1)
    if (known.recovery === 'stop') {
      this.failure = known
      return
    }
    const { task } = assigned
    assigned.task = undefined
    await task?.abandon().catch(() => undefined)
    if (known.recovery === 'rejoin') this.tasks.delete(taskIdOf(assigned.plan.keySpace, assigned.partition))
    else this.waitBeforeRetry(assigned)
  }

  private waitBeforeRetry(assigned: Assigned): void {
    assigned.retryAt = this.services.clock.monotonicMs() + assigned.retryMs
    assigned.retryMs = Math.min(assigned.retryMs * 2, this.options.retryMsMax)
  }

  private idleMs(): number {
    return this.settled ? this.options.commitIntervalMs : this.options.idleCommitIntervalMs
  }

  private report(): void {
    const now = this.services.clock.monotonicMs()
    if (now - this.reportedAt < this.options.metricsIntervalMs) return
    this.reportedAt = now
    for (const { task } of this.tasks.values()) task?.report()
  }
}
