import type { Clock } from '../../engine/clock.ts'
import { EngineError } from '../../engine/errors.ts'
import type { Log } from '../../engine/log/port.ts'
import { plansOf, type TaskPlan, type Topology } from '../../engine/topology.ts'
import { NO_MARK, readMark, type TaskMark, type TaskPlace } from '../../features/sink/task-mark.ts'
import type { FollowedStore } from '../../features/store/port.ts'
import { type Millis, millis } from '../../schemas/ids.ts'
import { publicContracts } from '../../schemas/index.ts'
import { ECHOES, RESTRICTING } from '../../serving/visibility/catch-up.ts'
import type { Progress } from '../../serving/visibility/pending-restrictions.ts'
import { FRESHNESS_STORE } from '../runtime/embedded.ts'

export interface RemoteProgressParts {
  readonly log: Pick<Log, 'partitions' | 'endOffset' | 'read'>
  readonly store: Pick<FollowedStore, 'readRow'>
  readonly topology: Topology
  readonly partitions: number
  readonly clock: Clock
  /** Hears how many public events came to count in rows, as they do. */
  readonly processed: (topic: string, events: number) => void
}

/** Looks in which a partition has not moved on, though records seem to wait, before it is looked at closely. */
const STUCK_LOOKS = 3
const PROBE_BYTES = 1
/** Beyond it records do wait; but of these topics, nothing must seem to. */
const MARKERS_MAX = 16
const EXACT: ReadonlySet<string> = new Set([...RESTRICTING, ...ECHOES])

interface InputProgress {
  readonly topic: string
  readonly partition: number
  offset: number
  /** Told of as processed: what is carried anew after a loss was told of before. */
  told: number
  looks: number
}

/**
 * How far workers have come, as rows on Redis tell: what they know of by now, and what is still on its way. Redis may
 * lose them: when it starts empty, or another node takes over that lacks the last of them.
 */
export class RemoteProgress implements Progress {
  private readonly parts: RemoteProgressParts
  private readonly plans: readonly TaskPlan[]
  private readonly marks = new Map<string, TaskMark>()
  private readonly inputs = new Map<string, InputProgress>()
  private heardAtMs = -Infinity
  private askedAtMs = -Infinity
  private sum = 0
  /** Tasks that had a mark, and have none. */
  private readonly unmarked = new Set<string>()
  private lost = 0

  constructor(parts: RemoteProgressParts) {
    this.parts = parts
    this.plans = plansOf(parts.topology)
  }

  /** Reads all marks; throws `FEATURES_UNAVAILABLE`. */
  async refresh(): Promise<void> {
    const { store, partitions, clock } = this.parts
    const places = this.plans.flatMap(({ keySpace, inputs }) =>
      Array.from({ length: partitions }, (_, partition) => ({ keySpace, inputs, partition })),
    )
    const askedAtMs = clock.monotonicMs()
    const marks = await Promise.all(places.map((place) => readMark(store, place)))
    let sum = 0
    for (const [index, { keySpace, inputs, partition }] of places.entries()) {
      const mark = marks[index]!
      if (this.isLoss({ keySpace, partition }, mark)) {
        this.lost++
        for (const { name } of inputs) this.goBack(name, partition, mark.inputs[name] ?? 0)
      }
      this.marks.set(`${keySpace}-${partition}`, mark)
      sum += mark.sequence
      for (const { name } of inputs) this.moveTo(name, partition, mark.inputs[name] ?? 0)
    }
    this.sum = sum
    this.askedAtMs = askedAtMs
    this.heardAtMs = clock.monotonicMs()
    await this.passMarkers()
  }

  /** Since rows were last heard of, milliseconds. */
  silentMs(): number {
    return this.parts.clock.monotonicMs() - this.heardAtMs
  }

  /** When marks were asked for that were heard last: rows on Redis are as of then, or later. */
  markedAtMs(): number {
    return this.askedAtMs
  }

  partitions(topic: string): number {
    return this.parts.log.partitions(topic)
  }

  endOffset(topic: string, partition: number): number {
    return this.parts.log.endOffset(topic, partition)
  }

  committedOffset(topic: string, partition: number): number {
    return this.inputs.get(`${topic}/${partition}`)?.offset ?? 0
  }

  losses(): number {
    return this.lost
  }

  /** Offsets of public topics that rows do not know of yet. */
  lagRecords(): number {
    let lag = 0
    for (const { topic, partition, offset } of this.inputs.values()) {
      if (Object.hasOwn(publicContracts, topic)) lag += Math.max(0, this.endOffset(topic, partition) - offset)
    }
    return lag
  }

  /** Sum of all tasks' commits. */
  commits(): number {
    return this.sum
  }

  newestEventAt(): Millis | null {
    let newest = -1
    const space = this.plans.find(({ nodes }) => nodes.some(({ name }) => name === FRESHNESS_STORE))?.keySpace
    for (const [task, mark] of this.marks) {
      if (task.startsWith(`${space}-`)) newest = Math.max(newest, mark.newest)
    }
    return newest < 0 ? null : millis(newest)
  }

  /** The mark of a task, as last heard. */
  mark(keySpace: string, partition: number): TaskMark {
    return this.marks.get(`${keySpace}-${partition}`) ?? NO_MARK
  }

  /**
   * Whether rows of a task know less than they did. A mark that comes again counts as well: what is to be waited for
   * is what was accepted before rows began to be carried anew, for some may be carried by blocks of after the loss.
   */
  private isLoss({ keySpace, partition }: TaskPlace, { sequence }: TaskMark): boolean {
    const task = `${keySpace}-${partition}`
    const before = this.mark(keySpace, partition).sequence
    if (sequence > 0) return this.unmarked.delete(task) || sequence < before
    if (before > 0) this.unmarked.add(task)
    return before > 0
  }

  private goBack(topic: string, partition: number, offset: number): void {
    const input = this.inputs.get(`${topic}/${partition}`)
    if (input !== undefined) input.offset = offset
  }

  private moveTo(topic: string, partition: number, offset: number): void {
    const id = `${topic}/${partition}`
    const input = this.inputs.get(id)
    if (input === undefined) this.inputs.set(id, { topic, partition, offset, told: offset, looks: 0 })
    else if (offset > input.offset) {
      this.tell(input, offset)
      input.offset = offset
      input.looks = 0
    } else input.looks++
  }

  private pass(input: InputProgress, offset: number): void {
    input.offset = offset
    input.told = Math.max(input.told, offset)
  }

  private tell(input: InputProgress, offset: number): void {
    const { topic, told } = input
    if (offset <= told) return
    if (Object.hasOwn(publicContracts, topic)) this.parts.processed(topic, offset - told)
    input.told = offset
  }

  /** Offsets that a transaction's end takes up are no records: nobody commits that they were read. */
  private async passMarkers(): Promise<void> {
    for (const input of this.inputs.values()) {
      const { topic, partition, offset, looks } = input
      const left = this.endOffset(topic, partition) - offset
      if (looks < STUCK_LOOKS || left <= 0 || (left > MARKERS_MAX && !EXACT.has(topic))) continue
      input.looks = 0
      try {
        const [first] = await this.parts.log.read(topic, partition, offset, PROBE_BYTES)
        if (first !== undefined && first.baseOffset > offset) this.pass(input, first.baseOffset)
      } catch (error) {
        if (!(error instanceof EngineError)) throw error
      }
    }
  }
}
