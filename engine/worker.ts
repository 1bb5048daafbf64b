import { AssignedTask, type TurnOptions } from './assigned-task.ts'
import { FUTURE_MS_MAX } from './clock.ts'
import { heldBack, type Waits } from './backpressure.ts'
import { EngineError } from './errors.ts'
import { partitionOf } from './hash.ts'
import type { TopicSpec } from './log/port.ts'
import type { Store } from './state/store.ts'
import { STATE_DEFAULTS, type TaskState } from './state/task-state.ts'
import { taskIdOf } from './task.ts'
import type { TaskServices } from './task-options.ts'
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

export interface WorkerOptions extends TurnOptions {
  /** A task waits while a reader of its outputs is this far behind. */
  readonly backlogRecordsMax: number
  readonly metricsIntervalMs: number
}

export const WORKER_DEFAULTS: WorkerOptions = {
  batchEventsMax: 2048,
  idleMs: 2_000,
  futureMsMax: FUTURE_MS_MAX,
  eventIdsMax: 1 << 20,
  timersMax: 2048,
  changelog: 'until-on-disk',
  state: STATE_DEFAULTS,
  commitIntervalMs: 100,
  idleCommitIntervalMs: 20,
  commitIntervalMsMax: 0,
  uncommittedRecordsMax: 65_536,
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

interface Place {
  readonly plan: TaskPlan
  readonly partition: number
}

/** How a running worker is told what to do, and lets time pass. */
export interface WorkerControl {
  stopping(): boolean
  /** While true, nothing is processed. */
  paused(): boolean
  /** Waits for at most `ms`, or until there may be work. */
  idle(ms: number): Promise<void>
  /** Lets the process do other things between batches. */
  breathe(): Promise<void>
}

/**
 * Runs tasks of a topology on this thread: polls each in turn, commits by interval, and does what an error's
 * recovery says. Which tasks it runs is its owner's choice.
 */
export class Worker {
  private readonly services: TaskServices
  private readonly options: WorkerOptions
  private readonly plans: readonly TaskPlan[]
  private readonly tasks = new Map<string, AssignedTask>()
  private readonly spaceOfStore: ReadonlyMap<string, KeySpace>
  /** Key spaces whose tasks write a topic, by the topic's name. */
  private readonly writersOf: ReadonlyMap<string, readonly KeySpace[]>
  private reportedAt = -Infinity
  private failure: EngineError | undefined

  constructor(topology: Topology, services: TaskServices, options: WorkerOptions) {
    this.plans = plansOf(topology)
    this.services = services
    this.options = options
    this.spaceOfStore = new Map(
      topology.nodes.filter(isProcessor).map((node) => [node.name, keySpaceOf(node)]),
    )
    this.writersOf = writersOf(this.plans)
  }

  /** Tasks that this worker runs. */
  taskIds(): string[] {
    return [...this.tasks.keys()]
  }

  /** Every task of the topology, for a log with its topics created. */
  allTaskIds(): string[] {
    return this.plans.flatMap((plan) =>
      Array.from({ length: this.services.log.partitions(plan.inputs[0]!.name) }, (_, partition) =>
        taskIdOf(plan.keySpace, partition),
      ),
    )
  }

  /** Opens the tasks, restoring their state; tasks already open stay as they are. */
  async open(taskIds: readonly string[]): Promise<void> {
    for (const id of this.allTaskIds()) if (taskIds.includes(id)) await this.adopt(id)
  }

  /**
   * Takes a task over, going on from a copy of its state that was kept `warm` if there is one. Tasks that run go on
   * meanwhile. One that is open already stays as it is.
   */
  async adopt(taskId: string, warm?: TaskState): Promise<void> {
    if (this.tasks.has(taskId)) return
    const place = this.placeOf(taskId)
    const assigned = new AssignedTask(place.plan, place.partition, this.services, this.options)
    await assigned.open(warm)
    this.tasks.set(taskId, assigned)
  }

  /** Commits and closes tasks, so that another worker may open them. Throws the first error after letting go of all. */
  async release(taskIds: readonly string[]): Promise<void> {
    const failures: unknown[] = []
    for (const id of taskIds) {
      const assigned = this.tasks.get(id)
      this.tasks.delete(id)
      await assigned?.close().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }

  /** Drops every task without committing, as a crash would. */
  async abandon(): Promise<void> {
    const tasks = [...this.tasks.values()]
    this.tasks.clear()
    for (const assigned of tasks) await assigned.abandon()
  }

  /**
   * Polls every task once and commits those whose time has come; answers how many records were taken. Lets the
   * process breathe after each batch: answers of the log wait for the thread, and a commit waits for several in turn.
   * Throws the error that only a person can mend, now and ever after.
   */
  async round(breathe: () => Promise<void> = nothing): Promise<number> {
    const waiting = heldBack(this.waits())
    let taken = 0
    for (const assigned of this.tasks.values()) {
      const records = await this.turn(assigned, waiting.has(assigned.plan.keySpace))
      if (records > 0) await breathe()
      taken += records
    }
    this.report()
    if (this.failure !== undefined) throw this.failure
    return taken
  }

  /**
   * Runs until told to stop, then commits and closes every task. Throws the error that only a
   * person can mend.
   */
  async run(control: WorkerControl): Promise<void> {
    while (!control.stopping()) {
      const taken = control.paused() ? 0 : await this.round(() => control.breathe())
      if (taken === 0) await control.idle(this.idleMs())
    }
    await this.release(this.taskIds())
  }

  /** For how long commits of a task have found no room on the disk, milliseconds. */
  fullForMs(): number {
    const now = this.services.clock.monotonicMs()
    return Math.max(0, ...[...this.tasks.values()].map(({ fullSince }) => now - (fullSince ?? now)))
  }

  /** Records readable but not yet processed, a task that this worker runs. */
  lagByTask(): ReadonlyMap<string, number> {
    return new Map([...this.tasks].map(([id, { task }]) => [id, task?.lagRecords() ?? 0]))
  }

  /** Records readable but not yet processed by this worker's tasks. */
  lagRecords(): number {
    let lag = 0
    for (const { task } of this.tasks.values()) lag += task?.lagRecords() ?? 0
    return lag
  }

  /** Nothing left to read, fire or commit. */
  get settled(): boolean {
    for (const assigned of this.tasks.values()) if (!assigned.settled) return false
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

  /** Ids of the tasks that keep a store's rows, one a partition. Throws `TOPOLOGY_INVALID` as `openStores` does. */
  taskIdsOf(name: string): string[] {
    const { keySpace, inputs } = this.planOf(name)
    return Array.from({ length: this.services.log.partitions(inputs[0]!.name) }, (_, partition) =>
      taskIdOf(keySpace, partition),
    )
  }

  /** The rows of a store that a task keeps, if this worker runs it. */
  async storeIn(taskId: string, name: string): Promise<Store | undefined> {
    const task = this.tasks.get(taskId)?.task
    return task === undefined ? undefined : task.store(name)
  }

  /** The store that holds a key, if this worker runs its task. */
  storeOf(name: string, key: Uint8Array): Promise<Store | undefined> {
    return this.storeIn(this.taskIdOf(name, key), name)
  }

  /** Id of the task that keeps a key's row. */
  taskIdOf(name: string, key: Uint8Array): string {
    const ids = this.taskIdsOf(name)
    return ids[partitionOf(key, 0, key.length, ids.length)]!
  }

  /**
   * The stores of a name as they are now, one a partition: undefined where this worker does not run the task, or
   * nothing was ever kept. Not to be held on to: a task that is opened anew has other stores. Throws
   * `TOPOLOGY_INVALID` for a name that no processor has.
   */
  openStores(name: string): (Store | undefined)[] {
    return this.taskIdsOf(name).map((id) => this.tasks.get(id)?.task?.openStore(name))
  }

  /** How far the task of a store's partition has come: its last durable commit, and the newest event it saw. */
  positionOf(name: string, partition: number): { sequence: number; newest: number } | undefined {
    const keySpace = this.spaceOfStore.get(name)
    return keySpace === undefined ? undefined : this.tasks.get(taskIdOf(keySpace, partition))?.task?.position
  }

  /**
   * Offset after the last record of a topic's partition whose effects on rows are committed; 0 where that is
   * not known, as while the task is restored or run by another process.
   */
  committedOffset(topic: string, partition: number): number {
    const plan = this.plans.find(({ inputs }) => inputs.some(({ name }) => name === topic))
    if (plan === undefined) return 0
    return this.tasks.get(taskIdOf(plan.keySpace, partition))?.task?.committedOffset(topic) ?? 0
  }

  /** Whether a task reads a topic: in this topology, not in one that ran before. */
  reads(taskId: string, topic: string): boolean {
    return this.findPlace(taskId)?.plan.inputs.some(({ name }) => name === topic) ?? false
  }

  private placeOf(taskId: string): Place {
    const place = this.findPlace(taskId)
    if (place === undefined) throw new EngineError('TOPOLOGY_INVALID', `there is no task "${taskId}"`)
    return place
  }

  private findPlace(taskId: string): Place | undefined {
    for (const plan of this.plans) {
      const partition = Number(taskId.slice(plan.keySpace.length + 1))
      if (taskIdOf(plan.keySpace, partition) === taskId) return { plan, partition }
    }
    return undefined
  }

  private planOf(store: string): TaskPlan {
    const keySpace = this.spaceOfStore.get(store)
    if (keySpace === undefined) throw new EngineError('TOPOLOGY_INVALID', `there is no store "${store}"`)
    return this.plans.find((each) => each.keySpace === keySpace)!
  }

  private async turn(assigned: AssignedTask, isHeldBack: boolean): Promise<number> {
    try {
      return await assigned.turn(isHeldBack)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      this.tasks.delete(assigned.id)
      if (error.recovery === 'stop') this.failure ??= error
      return 0
    }
  }

  /** Who waits for whom: writers of a topic for a reader, on this worker, that is too far behind. */
  private waits(): Waits {
    const waits = new Map<string, Set<string>>()
    for (const { plan, task } of this.tasks.values()) {
      for (const { name } of task === undefined ? [] : plan.inputs) {
        const writers = this.writersOf.get(name)
        if (writers === undefined || task!.lagRecords(name) <= this.options.backlogRecordsMax) continue
        for (const writer of writers) {
          const readers = waits.get(writer) ?? new Set()
          waits.set(writer, readers.add(plan.keySpace))
        }
      }
    }
    return waits
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

const nothing = (): Promise<void> => Promise.resolve()

const writersOf = (plans: readonly TaskPlan[]): Map<string, KeySpace[]> => {
  const writers = new Map<string, KeySpace[]>()
  for (const { keySpace, nodes } of plans) {
    for (const name of new Set(nodes.flatMap(({ outputs }) => outputs.map((topic) => topic.name)))) {
      writers.set(name, [...(writers.get(name) ?? []), keySpace])
    }
  }
  return writers
}
