import { ByteWriter } from '../../bytes.ts'
import { EngineError } from '../../errors.ts'
import type { Database, Page } from '../../storage/database.ts'
import type { AppendEntry, ChangelogBlock, InputPosition, LogCommit, LogSession } from '../port.ts'
import { checkChangelogKept, mergePositions } from '../positions.ts'
import { blockKey, blocksEndKey, blockSequence, taskKey } from './keys.ts'
import type { Staging } from './staging.ts'
import { recordRow, type EmbeddedTask, type TaskRecord } from './tasks.ts'
import type { WriteBatch } from '../../storage/write-batch.ts'

/** Blocks dropped in one write. */
const TRIM_BLOCKS_MAX = 1024
const CHANGELOG_PAGE_BYTES = 8 << 20

/** What a session needs of its log. */
export interface SessionHost {
  readonly database: Database
  assertOpen(): void
  /** Throws for an unknown topic or partition. */
  check(entries: readonly AppendEntry[]): void
  checkPosition(position: InputPosition): void
  stage(batch: WriteBatch): Staging
  publish(staging: Staging): void
}

export class EmbeddedSession implements LogSession {
  private readonly host: SessionHost
  private readonly task: EmbeddedTask
  private readonly epoch: number
  private readonly writer = new ByteWriter()
  private closed = false

  private constructor(host: SessionHost, task: EmbeddedTask, epoch: number) {
    this.host = host
    this.task = task
    this.epoch = epoch
  }

  static open(host: SessionHost, task: EmbeddedTask): EmbeddedSession {
    const epoch = task.record.epoch + 1
    const session = new EmbeddedSession(host, task, epoch)
    session.write({ ...task.record, epoch }, host.database.batch())
    return session
  }

  get taskId(): string {
    return this.task.id
  }

  positions(): readonly InputPosition[] {
    return this.task.record.positions
  }

  sequence(): number {
    return this.task.record.sequence
  }

  /**
   * One write batch. It need not be synced: all of it follows from input that is durable, and both share one
   * write-ahead log, so after a power cut a prefix is left, whose positions say where to go on.
   */
  async commit(commit: LogCommit): Promise<number> {
    this.assertOwner()
    this.host.check(commit.outputs)
    for (const position of commit.positions) this.host.checkPosition(position)
    const { record } = this.task
    const sequence = record.sequence + 1
    const batch = this.host.database.batch()
    const staging = this.host.stage(batch)
    staging.add(commit.outputs)
    batch.put('changelog', blockKey(this.task.number, sequence), commit.changelog)
    this.write({ ...record, sequence, positions: mergePositions(record.positions, commit.positions) }, batch)
    this.host.publish(staging)
    return sequence
  }

  async *changelog(afterSequence: number): AsyncIterable<ChangelogBlock> {
    checkChangelogKept(this.task.id, this.task.record.trimmed, afterSequence, 'STATE_CORRUPT')
    // One page is read while the one before it is taken in.
    let page: Promise<Page> | undefined = this.blocksAfter(afterSequence)
    while (page !== undefined) {
      const { rows, finished }: Page = await page
      page = finished ? undefined : this.blocksAfter(blockSequence(rows.at(-2)!))
      for (let at = 0; at < rows.length; at += 2) {
        yield { sequence: blockSequence(rows[at]!), bytes: rows[at + 1]! }
      }
    }
  }

  async trimChangelog(sequence: number): Promise<void> {
    this.assertOwner()
    const last = Math.min(sequence, this.task.record.sequence)
    for (;;) {
      const { record } = this.task
      const trimmed = Math.min(last, record.trimmed + TRIM_BLOCKS_MAX)
      if (trimmed <= record.trimmed) return
      const batch = this.host.database.batch()
      for (let at = record.trimmed + 1; at <= trimmed; at++) {
        batch.remove('changelog', blockKey(this.task.number, at))
      }
      this.write({ ...record, trimmed }, batch)
    }
  }

  async close(): Promise<void> {
    this.closed = true
  }

  /** Writes the batch with the task's row in it; the record counts once that has succeeded. */
  private write(record: TaskRecord, batch: WriteBatch): void {
    batch.put('changelog', taskKey(this.task.number), recordRow(record, this.writer))
    this.host.database.write(batch)
    this.task.record = record
  }

  private blocksAfter(sequence: number): Promise<Page> {
    this.host.assertOpen()
    const page = this.host.database.page('changelog', {
      gt: blockKey(this.task.number, sequence),
      lt: blocksEndKey(this.task.number),
      bytesMax: CHANGELOG_PAGE_BYTES,
    })
    // Who wants no more leaves a page that nobody waits for.
    page.catch(() => undefined)
    return page
  }

  private assertOwner(): void {
    this.host.assertOpen()
    if (this.closed) throw new EngineError('CLOSED', `session of task ${this.task.id}`)
    const { epoch } = this.task.record
    if (epoch !== this.epoch) {
      throw new EngineError(
        'FENCED',
        `session ${this.epoch} of task ${this.task.id}: session ${epoch} has taken over`,
      )
    }
  }
}
