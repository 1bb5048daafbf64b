import { millis } from '../schemas/ids.ts'
import { Batch } from './batch.ts'
import { ByteReader } from './bytes.ts'
import type { Clock } from './clock.ts'
import { DeadLetters, failureOf } from './dead-letters.ts'
import { Effects, EffectsContext } from './effects.ts'
import { EngineError } from './errors.ts'
import { EventIds } from './event-ids.ts'
import { Input, oldestReady } from './input.ts'
import { KeyWriter, idsOf } from './key.ts'
import type { InputPosition, Log, LogCommit, LogSession } from './log/port.ts'
import type { Metrics } from './metrics.ts'
import { Outputs } from './outputs.ts'
import type { Mapper, Processor } from './processor.ts'
import type { StateStorage } from './state/port.ts'
import type { Store } from './state/store.ts'
import { TaskState, type PreparedCommit, type StateOptions } from './state/task-state.ts'
import { ABSENT } from './state/table.ts'
import { Timers } from './timers.ts'
import type { Topic, TopicInfo } from './topic.ts'
import { isProcessor, type TaskPlan } from './topology.ts'
import { Watermark } from './watermark.ts'

export interface TaskOptions {
  /** Events taken at once: bounds how long the thread is held. */
  readonly batchEventsMax: number
  /** Wall time without an event after which an input no longer holds the watermark back. */
  readonly idleMs: number
  /** An event dated further ahead of the wall clock than this is put aside. */
  readonly futureMsMax: number
  /** Event ids known per input partition: at least this many of the last. */
  readonly eventIdsMax: number
  /** Timers fired after one batch. */
  readonly timersMax: number
  readonly state: StateOptions
}

export interface TaskServices {
  readonly log: Log
  readonly state: StateStorage
  readonly clock: Clock
  readonly metrics: Metrics
}

interface ProcessorRun {
  readonly kind: 'processor'
  readonly processor: Processor<unknown, unknown>
  readonly store: Store
  /** Index among the plan's nodes, which timers name. */
  readonly index: number
}

interface MapperRun {
  readonly kind: 'mapper'
  readonly mapper: Mapper<unknown>
}

type NodeRun = ProcessorRun | MapperRun

/** An input topic with the nodes that read it. */
interface TopicRun {
  readonly topic: Topic<unknown>
  readonly nodes: readonly NodeRun[]
  readonly ids: EventIds | undefined
  readonly labels: Readonly<Record<string, string>>
}

const NO_SLOT = -1

interface PendingCommit {
  readonly commit: LogCommit
  readonly prepared: PreparedCommit
  logged: boolean
}

/** Name of the task that runs a key space's partition: owner of positions, stores and changelog. */
export const taskIdOf = (keySpace: string, partition: number): string => `${keySpace}-${partition}`

/**
 * Runs the nodes of one key space over one partition. `poll` takes a batch: it decodes, finds the rows of
 * every key, fetches the missing ones in one read, and runs the processors without awaiting. `commit` makes
 * outputs, positions and changes durable together. Whoever calls sees to it that polls do not overlap, nor
 * commits; a poll may run while a commit is under way.
 */
export class Task {
  readonly id: string
  readonly keySpace: string
  readonly partition: number
  private readonly services: TaskServices
  private readonly options: TaskOptions
  private readonly session: LogSession
  private readonly state: TaskState
  private readonly inputs: readonly Input[]
  private readonly topics: readonly TopicRun[]
  private readonly timed: readonly (ProcessorRun | undefined)[]
  private readonly watermark: Watermark
  private readonly timers: Timers
  private readonly outputs: Outputs
  private readonly effects = new Effects()
  private readonly context: EffectsContext
  private readonly deadLetters: DeadLetters
  private readonly batch: Batch
  private readonly key = new KeyWriter()
  private readonly reader = new ByteReader()
  private readonly labels: Readonly<Record<string, string>>
  private changed = false
  private pending: PendingCommit | undefined
  private trimmed = 0

  private constructor(
    plan: TaskPlan,
    partition: number,
    services: TaskServices,
    options: TaskOptions,
    parts: { session: LogSession; state: TaskState; topics: readonly TopicRun[]; timers: Timers },
  ) {
    this.id = taskIdOf(plan.keySpace, partition)
    this.keySpace = plan.keySpace
    this.partition = partition
    this.services = services
    this.options = options
    this.session = parts.session
    this.state = parts.state
    this.topics = parts.topics
    this.timers = parts.timers
    this.labels = { task: this.id }
    this.timed = timedRuns(parts.topics)
    this.inputs = plan.inputs.map(({ name }) => new Input(name, partition, 0))
    this.watermark = new Watermark(
      plan.inputs.map((topic) => topic.graceMs),
      options.idleMs,
    )
    const { log, clock } = services
    this.deadLetters = new DeadLetters(plan.inputs, clock)
    const outputs: TopicInfo[] = plan.nodes.flatMap((node) => [...node.outputs])
    this.outputs = new Outputs([...outputs, ...this.deadLetters.topics], (topic) => log.partitions(topic))
    this.context = new EffectsContext(this.effects, this.outputs)
    this.batch = new Batch(options.batchEventsMax, Math.max(1, ...parts.topics.map(({ nodes }) => nodes.length)))
    this.restorePositions()
  }

  /** Takes the task over (fencing its former owner) and restores its state as of the last commit. */
  static async open(
    plan: TaskPlan,
    partition: number,
    services: TaskServices,
    options: TaskOptions,
  ): Promise<Task> {
    const id = taskIdOf(plan.keySpace, partition)
    const started = services.clock.monotonicMs()
    const session = await services.log.session(id)
    const disk = await services.state.open(id)
    const state = await TaskState.open(disk, (after) => session.changelog(after), options.state)
    const topics: TopicRun[] = []
    for (const topic of plan.inputs) topics.push(await topicRun(plan, topic, state, options))
    const timers = new Timers(await state.store('timers', 'resident'))
    services.metrics.observe('restore_ms', { task: id }, services.clock.monotonicMs() - started)
    return new Task(plan, partition, services, options, { session, state, topics, timers })
  }

  /** Runs one batch; answers how many events it took. */
  async poll(): Promise<number> {
    this.state.evict()
    await this.fillBatch()
    const batch = this.batch
    if (batch.length > 0) {
      await this.prefetch()
      for (let index = 0; index < batch.length; index++) this.run(index)
      this.services.metrics.observe('batch_events', this.labels, batch.length)
    }
    this.watermark.advance(this.services.clock.now())
    await this.fireTimers()
    return batch.length
  }

  /** Whether there is anything to commit. */
  get dirty(): boolean {
    return this.changed || this.pending !== undefined
  }

  /**
   * Makes everything since the last commit durable, or nothing of it. After a retryable error call it again:
   * the same commit is tried again, and nothing was lost.
   */
  async commit(): Promise<void> {
    if (!this.dirty) return
    const started = this.services.clock.monotonicMs()
    this.pending ??= this.prepareCommit(false)
    await this.finishCommit(this.pending)
    this.services.metrics.observe('commit_ms', this.labels, this.services.clock.monotonicMs() - started)
    this.services.metrics.count('commits', this.labels, 1)
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

  /** Records accepted but not yet processed. */
  get lagRecords(): number {
    return this.inputs.reduce((sum, input) => sum + input.lag(this.services.log), 0)
  }

  /** Records of one input topic not yet processed. */
  lagOf(topic: string): number {
    return this.inputs.find((input) => input.topic === topic)?.lag(this.services.log) ?? 0
  }

  get watermarkMs(): number {
    return this.watermark.value
  }

  /** The store of a processor of this task. */
  async store(name: string): Promise<Store> {
    return this.state.store(name)
  }

  /** Tells the metrics where this task stands. */
  report(): void {
    const { metrics } = this.services
    for (const input of this.inputs) {
      metrics.gauge('lag_records', { ...this.labels, topic: input.topic }, input.lag(this.services.log))
    }
    if (this.watermark.value !== -Infinity) metrics.gauge('watermark_ms', this.labels, this.watermark.value)
    metrics.gauge('state_bytes', this.labels, this.state.liveBytes)
    metrics.gauge('changelog_backlog_bytes', this.labels, this.state.changelogBacklogBytes)
    metrics.gauge('pending_timers', this.labels, this.timers.size)
  }

  private restorePositions(): void {
    for (const position of this.session.positions()) {
      const index = this.inputs.findIndex((input) => input.topic === position.topic)
      if (index === -1) continue
      this.inputs[index]!.offset = position.offset
      this.watermark.restore(index, position.newest)
    }
  }

  private async fillBatch(): Promise<void> {
    const { log, clock } = this.services
    const batch = this.batch
    batch.reset()
    const futureMs = clock.now() + this.options.futureMsMax
    while (batch.length < batch.capacity) {
      for (const input of this.inputs) if (!input.ready && input.lag(log) > 0) await input.fill(log)
      const index = oldestReady(this.inputs)
      if (index === -1) return
      this.takeRecord(index, futureMs)
    }
  }

  private takeRecord(index: number, futureMs: number): void {
    const input = this.inputs[index]!
    const { topic } = this.topics[index]!
    const { cursor } = input
    try {
      const event = topic.codec.decode(cursor.buffer, cursor.valueStart, cursor.valueEnd)
      const time = topic.time(event)
      if (topic.visibility === 'public' && time > futureMs) {
        throw new EngineError('TIME_IN_FUTURE', `event time ${time} is later than ${futureMs} (field "at")`)
      }
      this.addToBatch(index, input, event, time)
    } catch (error) {
      this.putAside(index, input.offset, cursor.buffer, cursor.keyStart, cursor.keyEnd, cursor.valueEnd, error)
    }
    input.take()
    this.changed = true
  }

  private addToBatch(index: number, input: Input, event: unknown, time: number): void {
    const batch = this.batch
    const at = batch.length++
    batch.inputs[at] = index
    batch.times[at] = time
    batch.offsets[at] = input.offset
    batch.events[at] = event
    batch.buffers[at] = input.cursor.buffer
    batch.keyStarts[at] = input.cursor.keyStart
    batch.keyEnds[at] = input.cursor.keyEnd
    batch.valueEnds[at] = input.cursor.valueEnd
  }

  /** Finds the row of every key of the batch; the missing ones come in one read a store. */
  private async prefetch(): Promise<void> {
    const batch = this.batch
    for (let at = 0; at < batch.length; at++) {
      const { nodes } = this.topics[batch.inputs[at]!]!
      for (let index = 0; index < nodes.length; index++) {
        batch.slots[at * batch.nodesMax + index] = this.wantRow(nodes[index]!, batch.events[at])
      }
    }
    await this.fetchMissing()
  }

  private wantRow(run: NodeRun, event: unknown): number {
    if (run.kind === 'mapper') return NO_SLOT
    const key = this.key
    key.reset()
    if (!run.processor.key(event, key) || key.length === 0) return NO_SLOT
    return run.store.want(key.buffer, 0, key.length)
  }

  private async fetchMissing(): Promise<void> {
    for (const { nodes } of this.topics) {
      for (const run of nodes) {
        if (run.kind === 'processor' && run.store.hasMissing) await run.store.fetch()
      }
    }
  }

  /** All of an event's effects, or none and a dead letter. */
  private run(at: number): void {
    const batch = this.batch
    const input = batch.inputs[at]!
    const { nodes, ids, topic, labels } = this.topics[input]!
    const event = batch.events[at]
    const { metrics, clock } = this.services
    if (ids !== undefined && ids.seen(topic.eventId!(event))) {
      metrics.count('duplicate_events', labels, 1)
      return
    }
    const context = this.context
    context.time = millis(batch.times[at]!)
    context.watermark = millis(this.watermark.value)
    context.late = this.watermark.observe(input, batch.times[at]!, clock.now())
    this.effects.reset()
    try {
      for (let index = 0; index < nodes.length; index++) {
        const run = nodes[index]!
        if (run.kind === 'mapper') this.runMapper(run, event)
        else this.runProcessor(run, batch.slots[at * batch.nodesMax + index]!, event)
      }
    } catch (error) {
      this.putAside(
        input,
        batch.offsets[at]!,
        batch.buffers[at]!,
        batch.keyStarts[at]!,
        batch.keyEnds[at]!,
        batch.valueEnds[at]!,
        stopOrFailure(error),
      )
      return
    }
    ids?.remember()
    this.applyEffects()
    metrics.count('events', labels, 1)
    if (context.late) metrics.count('late_events', labels, 1)
  }

  private applyEffects(): void {
    this.effects.apply(this.outputs, this.timers, (name) =>
      this.services.metrics.count('processor_counts', { name }, 1),
    )
  }

  private runMapper(run: MapperRun, event: unknown): void {
    this.context.store = undefined
    run.mapper.map(event, this.context)
  }

  private runProcessor(run: ProcessorRun, slot: number, event: unknown): void {
    if (slot === NO_SLOT) return
    this.enter(run, slot)
    const state = this.readState(run, slot)
    if (run.processor.process(event, state, this.context)) this.stageState(run, slot, state)
  }

  private enter(run: ProcessorRun, slot: number): void {
    this.context.processor = run.index
    this.context.store = run.store
    this.context.slot = slot
  }

  private readState(run: ProcessorRun, slot: number): unknown {
    const { table } = run.store
    const layout = run.processor.state
    const length = table.valueLength(slot)
    if (length === ABSENT) return layout.create()
    const start = table.valueStart(slot)
    const reader = this.reader.over(table.buffer(slot), start, start + length)
    const version = reader.u8()
    if (version === layout.version) return layout.read(reader)
    const migrate = layout.migrations?.[version]
    if (migrate !== undefined) return migrate(reader)
    throw new EngineError(
      'STATE_VERSION',
      `store "${run.store.name}" holds a row of version ${version}; this build reads ${layout.version}`,
    )
  }

  private stageState(run: ProcessorRun, slot: number, state: unknown): void {
    const bytes = this.effects.bytes
    const start = bytes.position
    bytes.u8(run.processor.state.version)
    const kept = run.processor.state.write(state, bytes)
    this.effects.row(run.store, slot, start, kept ? bytes.position : start - 1)
  }

  private putAside(
    input: number,
    offset: number,
    buffer: Buffer,
    keyStart: number,
    keyEnd: number,
    valueEnd: number,
    error: unknown,
  ): void {
    const { name } = this.topics[input]!.topic
    const failure = failureOf(error)
    const record = { partition: this.partition, offset, buffer, keyStart, keyEnd, valueEnd }
    this.deadLetters.write(this.outputs, name, record, failure)
    this.services.metrics.count('dead_letters', { topic: name, code: failure.code }, 1)
  }

  private async fireTimers(): Promise<void> {
    const due = this.timers.take(this.watermark.value, this.options.timersMax)
    if (due.length === 0) return
    this.changed = true
    const slots = due.map(({ processor, key }) => {
      const run = this.timed[processor]
      return run === undefined ? NO_SLOT : run.store.want(key, 0, key.length)
    })
    await this.fetchMissing()
    for (let index = 0; index < due.length; index++) {
      const { time, processor, key } = due[index]!
      const run = this.timed[processor]
      if (run !== undefined) this.fireTimer(run, slots[index]!, time, key)
    }
    this.services.metrics.count('timers_fired', this.labels, due.length)
  }

  private fireTimer(run: ProcessorRun, slot: number, time: number, key: Buffer): void {
    this.effects.reset()
    this.enter(run, slot)
    this.context.time = millis(time)
    this.context.watermark = millis(this.watermark.value)
    this.context.late = false
    const state = this.readState(run, slot)
    const changed = run.processor.onTimer?.(millis(time), idsOf(key), state, this.context) ?? false
    if (changed) this.stageState(run, slot, state)
    this.applyEffects()
  }

  private prepareCommit(flushAll: boolean): PendingCommit {
    const { entries, records } = this.outputs.take()
    const prepared = this.state.prepare(this.session.sequence() + 1, flushAll)
    this.changed = false
    this.services.metrics.count('emitted_records', this.labels, records)
    const commit = { positions: this.positions(), outputs: entries, changelog: prepared.changelog }
    return { commit, prepared, logged: false }
  }

  private async finishCommit(pending: PendingCommit): Promise<void> {
    if (!pending.logged) {
      await this.session.commit(pending.commit)
      pending.logged = true
    }
    const onDisk = await pending.prepared.finish()
    this.pending = undefined
    if (onDisk > this.trimmed) await this.session.trimChangelog(onDisk)
    this.trimmed = onDisk
  }

  private positions(): InputPosition[] {
    return this.inputs.map(({ topic, partition, offset }, index) => ({
      topic,
      partition,
      offset,
      newest: this.watermark.newestOf(index),
    }))
  }
}

const topicRun = async (
  plan: TaskPlan,
  topic: Topic<unknown>,
  state: TaskState,
  options: TaskOptions,
): Promise<TopicRun> => {
  const nodes: NodeRun[] = []
  for (const [index, node] of plan.nodes.entries()) {
    if (node.input.name !== topic.name) continue
    if (!isProcessor(node)) nodes.push({ kind: 'mapper', mapper: node })
    else nodes.push({ kind: 'processor', processor: node, store: await state.store(node.name), index })
  }
  const ids =
    topic.eventId === undefined
      ? undefined
      : new EventIds(await state.store(`event-ids:${topic.name}`, 'resident'), options.eventIdsMax)
  return { topic, nodes, ids, labels: { topic: topic.name } }
}

const timedRuns = (topics: readonly TopicRun[]): (ProcessorRun | undefined)[] => {
  const runs: (ProcessorRun | undefined)[] = []
  for (const { nodes } of topics) {
    for (const run of nodes) if (run.kind === 'processor') runs[run.index] = run
  }
  return runs
}

/** A row that cannot be read is no fault of the event: that must stop the task, not lose events one by one. */
const stopOrFailure = (error: unknown): unknown => {
  if (error instanceof EngineError && error.recovery === 'stop') throw error
  return error
}
