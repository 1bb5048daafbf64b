import { BatchReader } from './batch-reader.ts'
import { DeadLetters } from './dead-letters.ts'
import { Echoes, type SentEchoes } from './echoes.ts'
import { EngineError } from './errors.ts'
import type { InputPosition, LogCommit, LogSession } from './log/port.ts'
import { NodeRunner } from './node-runner.ts'
import { Outputs } from './outputs.ts'
import type { Store } from './state/store.ts'
import { NO_SLOT } from './state/table.ts'
import { openTaskDisk } from './state/task-disk.ts'
import { TaskState, type PreparedCommit } from './state/task-state.ts'
import { TaskExpiry } from './task-expiry.ts'
import type { TaskOptions, TaskServices } from './task-options.ts'
import { TaskTime } from './task-time.ts'
import { openNodes, type ProcessorRun, type TaskNodes } from './task-nodes.ts'
import { Timers } from './timers.ts'
import type { TaskPlan } from './topology.ts'
import { Watermark } from './watermark.ts'

/** A commit on its way: kept until it is through, so that it can be tried again as it was. */
interface PendingCommit {
  readonly commit: LogCommit
  readonly prepared: PreparedCommit
  readonly echoes: SentEchoes | undefined
  logged: boolean
}

interface TaskParts {
  readonly session: LogSession
  readonly state: TaskState
  readonly nodes: TaskNodes
  readonly timers: Timers
  readonly time: TaskTime
}

/** Name of the task that runs a key space's partition: owner of positions, stores and changelog. */
export const taskIdOf = (keySpace: string, partition: number): string => `${keySpace}-${partition}`

/**
 * Runs the nodes of one key space over one partition. `poll` takes a batch: it decodes, finds the rows of
 * every key, fetches the missing ones in one read a store, and runs the processors without awaiting. `commit`
 * makes outputs, positions and changes durable together. Calls must not overlap, but for one: the next poll
 * may run while a commit is under way.
 */
export class Task {
  readonly id: string
  private readonly services: TaskServices
  private readonly options: TaskOptions
  private readonly session: LogSession
  private readonly state: TaskState
  private readonly nodes: TaskNodes
  private readonly timers: Timers
  private readonly time: TaskTime
  private readonly outputs: Outputs
  private readonly reader: BatchReader
  private readonly runner: NodeRunner
  private readonly watermark: Watermark
  private readonly echoes: Echoes
  private readonly expiry: TaskExpiry
  private readonly labels: Readonly<Record<string, string>>
  private polling = false
  private changed = false
  private takenRecords = 0
  private pending: PendingCommit | undefined
  private trimmed = 0

  private constructor(
    plan: TaskPlan,
    partition: number,
    services: TaskServices,
    options: TaskOptions,
    { session, state, nodes, timers, time }: TaskParts,
  ) {
    this.id = taskIdOf(plan.keySpace, partition)
    this.services = services
    this.options = options
    this.session = session
    this.state = state
    this.nodes = nodes
    this.timers = timers
    this.time = time
    this.labels = { task: this.id }
    const { log, clock, metrics } = services
    const deadLetters = new DeadLetters(plan.inputs, clock)
    this.outputs = new Outputs(
      [...plan.nodes.flatMap((node) => node.outputs), ...deadLetters.topics],
      (topic) => log.partitions(topic),
    )
    this.reader = new BatchReader(nodes.topics, partition, services, this.outputs, deadLetters, options)
    this.runner = new NodeRunner(this.outputs, timers, metrics)
    this.watermark = new Watermark(
      plan.inputs.map(({ isEcho, graceMs }) => (isEcho ? null : graceMs)),
      options.idleMs,
      options.futureMsMax,
    )
    const written = new Set(plan.nodes.flatMap((node) => node.outputs.map(({ name }) => name)))
    const ownInputs = this.reader.inputs.filter(({ topic }) => written.has(topic))
    this.echoes = new Echoes(ownInputs, this.outputs, log)
    this.expiry = new TaskExpiry(nodes, this.watermark, this.echoes, services)
    this.restorePositions()
  }

  /**
   * Takes the task over (fencing its former owner) and restores its state as of the last commit, from the disk or
   * from a copy that is kept `warm`.
   */
  static async open(
    plan: TaskPlan,
    partition: number,
    services: TaskServices,
    options: TaskOptions,
    warm?: TaskState,
  ): Promise<Task> {
    const id = taskIdOf(plan.keySpace, partition)
    const started = services.clock.monotonicMs()
    const session = await services.log.session(id)
    const state = warm ?? (await TaskState.onDisk(await openTaskDisk(services.state, id), options.state))
    await state.catchUp(session.changelog(state.sequence))
    if (state.sequence !== session.sequence()) throw ahead(id, state.sequence, session.sequence())
    const nodes = await openNodes(plan, state, options.eventIdsMax, services.schemas)
    const timers = new Timers(await state.store('engine:timers', 'resident'))
    const time = new TaskTime(await state.store('engine:time', 'resident'))
    // A copy that is warm was restored before: who kept it knows for how long.
    if (warm === undefined) {
      services.metrics.observe('restore_ms', { task: id }, services.clock.monotonicMs() - started)
    }
    return new Task(plan, partition, services, options, { session, state, nodes, timers, time })
  }

  /** Runs one batch and the timers it made due; answers how many records it took. */
  async poll(): Promise<number> {
    this.polling = true
    this.state.evict()
    if (await this.expiry.sweep(this.state, this.options.changelog === 'sweep')) this.changed = true
    const taken = await this.reader.read()
    const wallMs = this.services.clock.now()
    for (let at = 0; at < this.reader.batch.length; at++) this.run(at, wallMs)
    this.watermark.advance(wallMs)
    this.echoes.advance(this.watermark.value)
    const fired = await this.fireTimers()
    this.changed ||= taken > 0 || fired > 0
    this.takenRecords += taken
    if (taken > 0) this.tellBatch(taken)
    this.runner.tellCounts()
    this.polling = false
    return taken
  }

  /** Records taken since the last commit began. */
  get uncommittedRecords(): number {
    return this.takenRecords
  }

  /** Whether there is anything to commit. */
  get dirty(): boolean {
    return this.changed || this.pending !== undefined
  }

  /** The watermark has reached timers that a batch has not had room to fire, or that wait for echoes. */
  get hasDueTimers(): boolean {
    return this.timers.isDue(this.watermark.value)
  }

  /**
   * Makes everything since the last commit durable, or nothing of it. After a retryable error call it again:
   * the same commit is tried again, and nothing was lost.
   */
  async commit(): Promise<void> {
    if (!this.dirty) return
    const { clock, metrics } = this.services
    const started = clock.monotonicMs()
    this.pending ??= this.prepareCommit(false)
    await this.finishCommit(this.pending)
    metrics.observe('commit_ms', this.labels, clock.monotonicMs() - started)
    metrics.count('commits', this.labels, 1)
  }

  /** Commits, writes every changed row to disk so that the next start reads no changelog, and lets go. */
  async close(): Promise<void> {
    await this.commit()
    this.pending = this.prepareCommit(true)
    await this.finishCommit(this.pending)
    await this.abandon()
  }

  /** Lets go without committing: what was not committed is done again by the next owner. */
  async abandon(): Promise<void> {
    await this.state.close()
    await this.session.close()
  }

  /** Records readable but not yet taken, of one input topic or of all. */
  lagRecords(topic?: string): number {
    const { log } = this.services
    let lag = 0
    for (const input of this.reader.inputs)
      if (topic === undefined || topic === input.topic) lag += input.lag(log)
    return lag
  }

  /** Offset after the last record of an input topic that was processed by the last durable commit. */
  committedOffset(topic: string): number {
    return this.session.positions().find((position) => position.topic === topic)?.offset ?? 0
  }

  /** The store of a processor of this task. */
  store(name: string): Promise<Store> {
    return this.state.store(name)
  }

  /** The store of a processor of this task, at once; undefined while nothing was ever kept in it. */
  openStore(name: string): Store | undefined {
    return this.state.openStore(name)
  }

  /** The last durable commit, and the newest event time seen; −1 before the first event. */
  get position(): { sequence: number; newest: number } {
    let newest = -1
    for (let index = 0; index < this.reader.inputs.length; index++) {
      newest = Math.max(newest, this.watermark.newestOf(index))
    }
    return { sequence: this.session.sequence(), newest }
  }

  /** Tells the metrics where this task stands. */
  report(): void {
    const { metrics, log } = this.services
    for (const input of this.reader.inputs) {
      metrics.gauge('lag_records', { ...this.labels, topic: input.topic }, input.lag(log))
    }
    if (this.watermark.value !== -Infinity) metrics.gauge('watermark_ms', this.labels, this.watermark.value)
    metrics.gauge('state_bytes', this.labels, this.state.liveBytes)
    metrics.gauge('changelog_backlog_bytes', this.labels, this.state.changelogBacklogBytes)
    metrics.gauge('output_sums_bytes', this.labels, this.outputs.foldBytes)
    metrics.gauge('pending_timers', this.labels, this.timers.size)
  }

  private restorePositions(): void {
    const wallMs = this.services.clock.now()
    for (const position of this.session.positions()) {
      const index = this.reader.inputs.findIndex((input) => input.topic === position.topic)
      if (index === -1) continue
      this.reader.inputs[index]!.offset = position.offset
      this.watermark.restore(index, position.newest, wallMs)
    }
    this.watermark.resume(this.time.reached, wallMs)
    this.watermark.advance(wallMs)
    this.echoes.restore(this.watermark.value, this.time.heard)
  }

  private run(at: number, wallMs: number): void {
    const { batch } = this.reader
    const input = batch.inputs[at]!
    const { topic, nodes, ids, counts } = this.nodes.topics[input]!
    const event = batch.events[at]
    if (batch.refused[at] === 1) return
    if (ids !== undefined && ids.seen(topic.eventId!(event))) {
      counts.duplicates++
      return
    }
    const time = batch.times[at]!
    const late = this.watermark.observe(input, time, wallMs)
    try {
      this.runner.event(nodes, event, batch.slots, at * batch.nodesMax, time, this.echoes.watermark, late)
    } catch (error) {
      if (isFatal(error)) throw error
      this.reader.putAside(at, error, this.runner.lastNode)
      return
    }
    ids?.remember()
    counts.events++
    if (late) counts.late++
  }

  private async fireTimers(): Promise<number> {
    const due = this.timers.take(this.echoes.watermark, this.options.timersMax)
    if (due.length === 0) return 0
    const runs = due.map(({ processor }) => this.nodes.processors.find(({ number }) => number === processor))
    const slots = due.map(({ key }, index) => runs[index]?.store.want(key, 0, key.length) ?? NO_SLOT)
    for (const run of new Set(runs)) await run?.store.fetch()
    for (let index = 0; index < due.length; index++) {
      const run = runs[index]
      const { time, key } = due[index]!
      if (run !== undefined) this.fire(run, slots[index]!, key, time)
    }
    this.services.metrics.count('timers_fired', this.labels, due.length)
    return due.length
  }

  private fire(run: ProcessorRun, slot: number, key: Buffer, time: number): void {
    try {
      this.runner.timer(run, slot, key, time, this.echoes.watermark)
    } catch (error) {
      if (isFatal(error)) throw error
      this.reader.putTimerAside(run, key, time, error)
    }
  }

  private tellBatch(taken: number): void {
    const { metrics } = this.services
    metrics.observe('batch_events', this.labels, taken)
    for (const { topic, counts } of this.nodes.topics) {
      const labels = { topic: topic.name }
      if (counts.events > 0) metrics.count('events', labels, counts.events)
      if (counts.late > 0) metrics.count('late_events', labels, counts.late)
      if (counts.duplicates > 0) metrics.count('duplicate_events', labels, counts.duplicates)
      counts.events = 0
      counts.late = 0
      counts.duplicates = 0
    }
  }

  private prepareCommit(flushAll: boolean): PendingCommit {
    if (this.polling) throw new TypeError('a commit must not begin in the midst of a batch')
    const echoes = this.echoes.leave(this.watermark.value)
    this.time.save(this.watermark.value, this.echoes.watermark)
    const { entries, records } = this.outputs.take()
    const prepared = this.state.prepare(this.session.sequence() + 1, flushAll)
    this.changed = false
    this.takenRecords = 0
    this.services.metrics.count('emitted_records', this.labels, records)
    const commit = { positions: this.positions(), outputs: entries, changelog: prepared.changelog }
    return { commit, prepared, echoes, logged: false }
  }

  private async finishCommit(pending: PendingCommit): Promise<void> {
    if (!pending.logged) {
      await this.session.commit(pending.commit)
      pending.logged = true
      if (pending.echoes !== undefined) this.echoes.arrived(pending.echoes)
    }
    const onDisk = await pending.prepared.finish()
    // The commit is let go of last: were this to fail with nothing pending, nothing would ever be tried again.
    await this.trim(pending.prepared.droppable, onDisk)
    this.pending = undefined
  }

  private async trim(droppable: number, onDisk: number): Promise<void> {
    const { changelog } = this.options
    const upTo = { keep: 0, sweep: droppable, 'until-on-disk': onDisk }[changelog]
    if (upTo <= this.trimmed) return
    await this.session.trimChangelog(upTo)
    this.trimmed = upTo
  }

  private positions(): InputPosition[] {
    return this.reader.inputs.map(({ topic, partition, offset }, index) => ({
      topic,
      partition,
      offset,
      newest: this.watermark.newestOf(index),
    }))
  }
}

/** What is not committed never reaches a disk: so the changelog was replaced, or is another application's. */
const ahead = (id: string, state: number, committed: number): EngineError =>
  new EngineError(
    'STATE_CORRUPT',
    `the state of task ${id} stands for commit ${state}, but its changelog ends at ${committed}: it is of another log`,
  )

/** No fault of the event at hand alone: it is not put aside. */
const isFatal = (error: unknown): boolean =>
  error instanceof EngineError && (error.recovery === 'stop' || error.recovery === 'rebuild')
