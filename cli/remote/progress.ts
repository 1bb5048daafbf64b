import type { Clock } from '../../engine/clock.ts'
import { EngineError } from '../../engine/errors.ts'
import type { Log } from '../../engine/log/port.ts'
import { plansOf, type Topology } from '../../engine/topology.ts'
import { NO_MARK, readMarks, type TaskMark } from '../../features/sink/task-mark.ts'
import type { PlacedReader, StorePlace } from '../../features/store/port.ts'
import { type Millis, millis } from '../../schemas/ids.ts'
import { publicContracts } from '../../schemas/index.ts'
import { ECHOES, FOLLOWED_TOPICS, RESTRICTING } from '../../serving/visibility/catch-up.ts'
import type { Progress } from '../../serving/visibility/pending-restrictions.ts'
import { FRESHNESS_STORE } from '../runtime/embedded.ts'
import { forbidsAll, type InputPlace, lacks, placesOf, taskOf, watchedOf } from './task-places.ts'

export interface RemoteProgressParts {
  readonly log: Pick<Log, 'partitions' | 'endOffset'> & {
    /** See `KafkaLog`. */
    recentEnd(topic: string, partition: number): number
    firstFrom(topic: string, partition: number, offset: number): Promise<number>
    /** How far a topic was written when this was asked, by partition, committed or not. */
    appendedEnds(topic: string): Promise<readonly number[]>
  }
  readonly store: PlacedReader
  readonly topology: Topology
  readonly partitions: number
  readonly clock: Clock
  /** Hears how many public events came to count in rows, as they do. */
  readonly processed: (topic: string, events: number) => void
}

/** Looks in which a partition has not moved on, though records seem to wait, before it is looked at closely. */
const STUCK_LOOKS = 3
/** Beyond it records do wait; but of these topics, nothing must seem to. */
const MARKERS_MAX = 16
const EXACT: ReadonlySet<string> = new Set([...RESTRICTING, ...ECHOES])
/** Topics that this process reads. */
const READ_HERE: ReadonlySet<string> = new Set([...FOLLOWED_TOPICS.map(({ name }) => name), ...ECHOES])

interface InputProgress {
  readonly topic: string
  readonly partition: number
  offset: number
  /** Told of as processed: what is carried anew after a loss was told of before. */
  told: number
  looks: number
  /** When it last moved on, or had nowhere to. */
  movedAtMs: number
}

/**
 * How far workers have come, as rows on Redis tell: what they know of by now, and what is still on its way. Redis may
 * lose them: when it starts empty, or another node takes over that lacks the last of them.
 */
export class RemoteProgress implements Progress {
  private readonly parts: RemoteProgressParts
  private readonly places: readonly InputPlace[]
  private readonly freshnessSpace: string | undefined
  private readonly watched: readonly StorePlace[]
  /** As they were read last. */
  private readonly told = new Map<string, TaskMark>()
  /** As they count: none, where rows are gone that one tells of. */
  private readonly marks = new Map<string, TaskMark>()
  private readonly inputs = new Map<string, InputProgress>()
  /** Of echoes, as last asked for. */
  private readonly ends = new Map<string, readonly number[]>()
  private heardAtMs = -Infinity
  private askedAtMs = -Infinity
  /** Tasks that had something to process when this process began. */
  private readonly begun: ReadonlySet<string>
  /** Tasks that had a mark, and have none. */
  private readonly unmarked = new Set<string>()
  private lost = 0
  /** When rows of some task were last known to lack. */
  private lackedAtMs = -Infinity

  constructor(parts: RemoteProgressParts) {
    this.parts = parts
    const { topology, partitions, log } = parts
    this.freshnessSpace = plansOf(topology).find(({ nodes }) =>
      nodes.some(({ name }) => name === FRESHNESS_STORE),
    )?.keySpace
    this.places = placesOf(topology, partitions)
    this.watched = watchedOf(this.places)
    const hasInput = ({ inputs, partition }: InputPlace): boolean =>
      inputs.some(({ name }) => log.recentEnd(name, partition) > 0)
    this.begun = new Set(this.places.filter(hasInput).map(taskOf))
  }

  /** Hears marks, and lets them count. Throws as `hear` and `moveOn` do. */
  async refresh(): Promise<void> {
    await this.hear()
    await this.moveOn()
  }

  /**
   * Looks at all marks, and reads those that have changed. What rows have lost counts at once; what they have come to
   * know, with `moveOn`. One at a time: an answer that comes late would tell of a loss. Throws `FEATURES_UNAVAILABLE`.
   */
  async hear(): Promise<void> {
    const isFirst = !this.isHeard
    await this.look()
    // What marks tell of is looked for by who knows them.
    if (isFirst) await this.look()
  }

  /**
   * Lets what was heard count. Before, the ends of echoes are asked for: what a mark says is processed has led to
   * echoes that this process may not have heard of, and who waits for those must not take an older end for theirs.
   * Throws an `EngineError` when Kafka does not answer; then nothing counts yet.
   */
  async moveOn(): Promise<void> {
    const { lost } = this
    const heard = this.places.map((place) => ({ ...place, mark: this.mark(place.keySpace, place.partition) }))
    if (heard.some((each) => this.isAhead(each))) await this.askEnds()
    // What was lost meanwhile would count again.
    if (this.lost !== lost) return
    for (const place of heard) {
      for (const { name } of place.inputs) this.moveTo(name, place.partition, processedBy(place, name))
    }
    await this.passMarkers()
  }

  /** Whether marks were ever heard. */
  get isHeard(): boolean {
    return this.heardAtMs > -Infinity
  }

  /** Since rows were last heard of, milliseconds; Infinity where they never were. */
  silentMs(): number {
    return this.parts.clock.monotonicMs() - this.heardAtMs
  }

  /**
   * How long records of a partition have waited while rows came to know of none: workers are down, or their rows are
   * refused, as by a Redis whose memory is full. Of the partition that has waited longest, milliseconds.
   */
  stalledMs(): number {
    const now = this.parts.clock.monotonicMs()
    let stalledMs = 0
    for (const input of this.inputs.values()) {
      if (this.lagOf(input) > 0) stalledMs = Math.max(stalledMs, now - input.movedAtMs)
    }
    return stalledMs
  }

  /**
   * Since rows of some task were last known to lack, milliseconds: Redis had lost them, or they are being carried anew
   * and are not all there; 0 while they lack, Infinity where they never did.
   */
  lackedMs(): number {
    return this.isLacking ? 0 : this.parts.clock.monotonicMs() - this.lackedAtMs
  }

  /** When marks were asked for that were heard last: rows on Redis are as of then, or later. */
  markedAtMs(): number {
    return this.askedAtMs
  }

  partitions(topic: string): number {
    return this.parts.log.partitions(topic)
  }

  endOffset(topic: string, partition: number): number {
    const asked = this.ends.get(topic)?.[partition] ?? 0
    return Math.max(asked, this.heardEnd(topic, partition))
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
    for (const input of this.inputs.values()) lag += this.lagOf(input)
    return lag
  }

  /** Sum of all tasks' commits. */
  commits(): number {
    let sum = 0
    for (const { sequence } of this.marks.values()) sum += sequence
    return sum
  }

  newestEventAt(): Millis | null {
    let newest = -1
    for (const [task, mark] of this.marks) {
      if (task.startsWith(`${this.freshnessSpace}-`)) newest = Math.max(newest, mark.newest)
    }
    return newest < 0 ? null : millis(newest)
  }

  /** The mark of a task, as last heard. */
  mark(keySpace: string, partition: number): TaskMark {
    return this.marks.get(taskOf({ keySpace, partition })) ?? NO_MARK
  }

  private get isLacking(): boolean {
    return this.places.some((place) => {
      const { sequence, whole } = this.mark(place.keySpace, place.partition)
      if (sequence > 0) return whole.length === 0
      // A task that has never processed anything has no rows to lack.
      return this.begun.has(taskOf(place)) || this.unmarked.has(taskOf(place))
    })
  }

  private async look(): Promise<void> {
    const { store, clock } = this.parts
    // Not at the look that found it: whoever began to read before that has to hear of it, too.
    if (this.isLacking) store.takeAsItStands()
    const askedAtMs = clock.monotonicMs()
    const positions = await store.positions(this.watched)
    const changed: InputPlace[] = []
    const lacking = new Set<InputPlace>()
    let at = 0
    for (const place of this.places) {
      const [mark, ...forbidding] = positions.slice(at, (at += 1 + place.forbidding.length))
      const told = this.told.get(taskOf(place)) ?? NO_MARK
      if (mark!.isClearing === true || mark!.sequence !== told.sequence) changed.push(place)
      if (lacks(place, told, forbidding)) lacking.add(place)
    }
    for (const [index, mark] of (await readMarks(store, changed)).entries()) {
      this.told.set(taskOf(changed[index]!), mark)
    }
    for (const place of this.places) {
      const mark = lacking.has(place) ? NO_MARK : (this.told.get(taskOf(place)) ?? NO_MARK)
      if (this.isLoss({ ...place, mark })) this.goBack({ ...place, mark })
      this.marks.set(taskOf(place), mark)
    }
    this.askedAtMs = askedAtMs
    this.heardAtMs = clock.monotonicMs()
    if (this.isLacking) this.lackedAtMs = this.heardAtMs
  }

  /**
   * Whether rows of a task know less than they did. A mark that comes again counts as well: what is to be waited for
   * is what was accepted before rows began to be carried anew, for some may be carried by blocks of after the loss.
   */
  private isLoss(place: MarkedPlace): boolean {
    const task = taskOf(place)
    const { sequence } = place.mark
    const before = this.mark(place.keySpace, place.partition)
    if (sequence > 0) {
      const isCarriedAnew = forbidsAll(place, before) && !forbidsAll(place, place.mark)
      return this.unmarked.delete(task) || sequence < before.sequence || isCarriedAnew
    }
    if (before.sequence > 0) this.unmarked.add(task)
    return before.sequence > 0
  }

  private goBack(place: MarkedPlace): void {
    this.lost++
    for (const { name } of place.inputs) {
      const input = this.inputs.get(`${name}/${place.partition}`)
      if (input !== undefined) input.offset = Math.min(input.offset, processedBy(place, name))
    }
  }

  private isAhead(place: MarkedPlace): boolean {
    const { inputs, partition } = place
    return inputs.some(({ name }) => processedBy(place, name) > this.committedOffset(name, partition))
  }

  private lagOf({ topic, partition, offset }: InputProgress): number {
    const isPublic = Object.hasOwn(publicContracts, topic)
    return isPublic ? Math.max(0, this.heardEnd(topic, partition) - offset) : 0
  }

  /**
   * Who asks for an end has the partition read ahead, megabytes of each: too much where nothing is read. There the end
   * is as of a second ago, or of what this process itself appended.
   */
  private heardEnd(topic: string, partition: number): number {
    const { log } = this.parts
    return READ_HERE.has(topic) ? log.endOffset(topic, partition) : log.recentEnd(topic, partition)
  }

  private async askEnds(): Promise<void> {
    const ends = await Promise.all(ECHOES.map((topic) => this.parts.log.appendedEnds(topic)))
    for (const [index, topic] of ECHOES.entries()) this.ends.set(topic, ends[index]!)
  }

  private moveTo(topic: string, partition: number, offset: number): void {
    const id = `${topic}/${partition}`
    const input = this.inputs.get(id)
    const movedAtMs = this.parts.clock.monotonicMs()
    if (input === undefined) {
      this.inputs.set(id, { topic, partition, offset, told: offset, looks: 0, movedAtMs })
    } else if (offset > input.offset) {
      this.tell(input, offset)
      input.offset = offset
      input.looks = 0
      input.movedAtMs = movedAtMs
    } else {
      input.looks++
      if (this.lagOf(input) === 0) input.movedAtMs = movedAtMs
    }
  }

  private pass(input: InputProgress, offset: number): void {
    input.offset = offset
    input.movedAtMs = this.parts.clock.monotonicMs()
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
      const left = this.heardEnd(topic, partition) - offset
      if (looks < STUCK_LOOKS || left <= 0 || (left > MARKERS_MAX && !EXACT.has(topic))) continue
      input.looks = 0
      try {
        const first = await this.parts.log.firstFrom(topic, partition, offset)
        if (first > offset) this.pass(input, first)
      } catch (error) {
        if (!(error instanceof EngineError)) throw error
      }
    }
  }
}

interface MarkedPlace extends InputPlace {
  readonly mark: TaskMark
}

/** Up to where a task has processed a topic, as far as rows know of all of it that forbids something. */
const processedBy = (place: MarkedPlace, topic: string): number =>
  forbidsAll(place, place.mark) ? (place.mark.inputs[topic] ?? 0) : 0
