import type { Millis } from '../../schemas/ids.ts'
import { EngineError } from '../errors.ts'
import type { SimulatedFaults, SimulatedStep } from '../storage/simulated-faults.ts'
import { checkEntry } from './entries.ts'
import type {
  AppendEntry,
  ChangelogBlock,
  ChangelogFollower,
  FollowedBlock,
  InputPosition,
  LogCommit,
  LogSession,
  Reads,
  SharedLog,
  StoredFrame,
  TopicSpec,
} from './port.ts'
import { checkChangelogKept, mergePositions, READS_ALL } from './positions.ts'
import { SimulatedLogDisk, type SimulatedTask } from './simulated-disk.ts'

export interface SimulatedLogOptions {
  readonly clock: () => Millis
  /** What an earlier process left, or what other workers share. */
  readonly disk?: SimulatedLogDisk
  readonly faults?: SimulatedFaults
  /** Whether trimming drops blocks. By default all are kept, so that a worker without state can restore. */
  readonly dropsTrimmed?: boolean
}

/**
 * A log in memory, for the test driver: deterministic, for it awaits nothing but resolved promises, and cut
 * wherever a fault hook throws. Dropping or closing it is a crash of its process; the disk lives on.
 */
export class SimulatedLog implements SharedLog {
  readonly disk: SimulatedLogDisk
  private readonly clock: () => Millis
  private readonly faults: SimulatedFaults
  private readonly dropsTrimmed: boolean
  private readonly listeners = new Set<() => void>()
  private closed = false

  constructor(options: SimulatedLogOptions) {
    this.clock = options.clock
    this.disk = options.disk ?? new SimulatedLogDisk()
    this.faults = options.faults ?? {}
    this.dropsTrimmed = options.dropsTrimmed ?? false
  }

  async createTopics(specs: readonly TopicSpec[]): Promise<void> {
    this.assertOpen()
    this.disk.create(specs)
  }

  partitions(topic: string): number {
    return this.disk.topic(topic).partitions.length
  }

  async append(entries: readonly AppendEntry[]): Promise<void> {
    if (this.faults.delay) await this.faults.delay()
    this.assertOpen()
    this.check(entries)
    this.step('append', () => this.disk.append(entries, this.clock()))
    if (this.faults.delay) await this.faults.delay()
  }

  async read(
    topic: string,
    number: number,
    offset: number,
    bytesMax: number,
  ): Promise<readonly StoredFrame[]> {
    if (this.faults.delay) await this.faults.delay()
    this.assertOpen()
    const { frames } = this.disk.partition(topic, number)
    const found: StoredFrame[] = []
    let bytes = 0
    for (const { end, baseOffset, frame } of frames) {
      if (end <= offset) continue
      found.push({ baseOffset, frame })
      bytes += frame.bytes.length
      if (bytes >= bytesMax) break
    }
    return found
  }

  endOffset(topic: string, partition: number): number {
    return this.disk.partition(topic, partition).end
  }

  startOffset(topic: string, partition: number): number {
    return this.disk.partition(topic, partition).start
  }

  async session(taskId: string): Promise<LogSession> {
    this.assertOpen()
    return new SimulatedSession(taskId, this.disk.task(taskId), {
      assertOpen: () => this.assertOpen(),
      check: (commit) => this.checkCommit(commit),
      append: (outputs) => this.disk.append(outputs, this.clock()),
      step: (step, run) => this.step(step, run),
      delay: this.faults.delay,
      dropsTrimmed: this.dropsTrimmed,
    })
  }

  async follow(taskId: string, afterSequence: number): Promise<ChangelogFollower> {
    this.assertOpen()
    return new SimulatedFollower(taskId, this.disk.task(taskId), afterSequence, () => this.assertOpen())
  }

  onAppend(listener: () => void): () => void {
    this.listeners.add(listener)
    this.disk.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
      this.disk.listeners.delete(listener)
    }
  }

  async enforceRetention(now: Millis, reads: Reads = READS_ALL): Promise<void> {
    this.assertOpen()
    this.disk.enforceRetention(now, reads)
  }

  /** Ends this process' part, as a crash would: its listeners go, its sessions can do nothing more. */
  async close(): Promise<void> {
    this.closed = true
    for (const listener of this.listeners) this.disk.listeners.delete(listener)
  }

  private step(step: SimulatedStep, run: () => void): void {
    this.faults.before?.(step)
    run()
    this.faults.after?.(step)
  }

  private check(entries: readonly AppendEntry[]): void {
    for (const entry of entries) {
      this.disk.partition(entry.topic, entry.partition)
      checkEntry(entry)
    }
  }

  private checkCommit({ outputs, positions }: LogCommit): void {
    this.check(outputs)
    for (const { topic, partition } of positions) this.disk.partition(topic, partition)
  }

  private assertOpen(): void {
    if (this.closed) throw new EngineError('CLOSED', 'the log was closed')
  }
}

class SimulatedFollower implements ChangelogFollower {
  private readonly taskId: string
  private readonly task: SimulatedTask
  private readonly assertOpen: () => void
  private sequence: number

  constructor(taskId: string, task: SimulatedTask, afterSequence: number, assertOpen: () => void) {
    this.taskId = taskId
    this.task = task
    this.sequence = afterSequence
    this.assertOpen = assertOpen
  }

  async read(bytesMax: number): Promise<readonly FollowedBlock[]> {
    this.assertOpen()
    const { trimmed, changelog } = this.task
    if (this.sequence !== 0 && this.sequence < trimmed) {
      const detail = `the changelog of task ${this.taskId} was dropped up to commit ${trimmed}`
      throw new EngineError('CHANGELOG_DROPPED', `${detail}, needed from ${this.sequence + 1}`)
    }
    const found: FollowedBlock[] = []
    for (let bytes = 0; bytes < bytesMax;) {
      const block = changelog.find(({ sequence }) => sequence > this.sequence)
      if (block === undefined) break
      found.push(block)
      bytes += block.bytes.length + 1
      this.sequence = block.sequence
    }
    return found
  }

  remaining(): number {
    return this.task.changelog.filter(({ sequence }) => sequence > this.sequence).length
  }
}

interface SimulatedHost {
  readonly assertOpen: () => void
  readonly check: (commit: LogCommit) => void
  readonly append: (outputs: readonly AppendEntry[]) => void
  readonly step: (step: SimulatedStep, run: () => void) => void
  readonly delay: (() => Promise<void>) | undefined
  readonly dropsTrimmed: boolean
}

class SimulatedSession implements LogSession {
  readonly taskId: string
  private readonly task: SimulatedTask
  private readonly host: SimulatedHost
  private readonly epoch: number
  private closed = false

  constructor(taskId: string, task: SimulatedTask, host: SimulatedHost) {
    this.taskId = taskId
    this.task = task
    this.host = host
    this.epoch = ++task.epoch
  }

  positions(): readonly InputPosition[] {
    return this.task.positions
  }

  sequence(): number {
    return this.task.sequence
  }

  async commit(commit: LogCommit): Promise<number> {
    if (this.host.delay) await this.host.delay()
    this.assertOwner()
    this.host.check(commit)
    this.host.step('commit', () => this.apply(commit))
    const sequence = this.task.sequence
    if (this.host.delay) await this.host.delay()
    return sequence
  }

  async *changelog(afterSequence: number): AsyncIterable<ChangelogBlock> {
    this.host.assertOpen()
    checkChangelogKept(this.taskId, this.task.trimmed, afterSequence, 'CHANGELOG_DROPPED')
    for (const block of this.task.changelog) if (block.sequence > afterSequence) yield block
  }

  async trimChangelog(sequence: number): Promise<void> {
    this.assertOwner()
    this.host.step('trim', () => this.dropUpTo(sequence))
  }

  async close(): Promise<void> {
    this.closed = true
  }

  private dropUpTo(sequence: number): void {
    if (!this.host.dropsTrimmed) return
    this.task.trimmed = Math.max(this.task.trimmed, Math.min(sequence, this.task.sequence))
    this.task.changelog = this.task.changelog.filter((block) => block.sequence > sequence)
  }

  private apply({ positions, outputs, changelog }: LogCommit): void {
    const { task } = this
    task.sequence++
    task.positions = mergePositions(task.positions, positions)
    const block = { sequence: task.sequence, bytes: Buffer.from(changelog), positions: task.positions }
    task.changelog = [...task.changelog, block]
    this.host.append(outputs)
  }

  private assertOwner(): void {
    this.host.assertOpen()
    if (this.closed) throw new EngineError('CLOSED', `session of task ${this.taskId}`)
    if (this.task.epoch !== this.epoch) {
      const detail = `session ${this.epoch} of task ${this.taskId}: session ${this.task.epoch} has taken over`
      throw new EngineError('FENCED', detail)
    }
  }
}
