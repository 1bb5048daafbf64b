import { EngineError } from '../../errors.ts'
import type { AppendEntry, ChangelogBlock, InputPosition, LogCommit, LogSession } from '../port.ts'
import { checkChangelogKept, mergePositions } from '../positions.ts'
import { writeBlock, type CommitRecord } from './blocks.ts'
import type { Changelog } from './changelog.ts'
import { asEngineError } from './failures.ts'
import type { Place } from './names.ts'
import type { Transactions, Written } from './transaction.ts'

/** What a session asks of its log. */
export interface SessionHost {
  assertOpen(): void
  /** The entries as the brokers name them; throws for what the log does not take. */
  onBrokers(entries: readonly AppendEntry[]): AppendEntry[]
  checkPosition(position: InputPosition): void
  /** Hears where a commit's records end. */
  wrote(place: Place, end: number): void
  /** Drops a partition's records before an offset. */
  deleteBefore(place: Place, offset: number): Promise<void>
}

/**
 * A task's right to commit. The positions are in the block's last record, so one transaction over outputs and
 * changelog is the whole commit, and the last record of the changelog says where the task stands.
 */
export class KafkaSession implements LogSession {
  readonly taskId: string
  private readonly host: SessionHost
  private readonly transactions: Transactions
  private readonly log: Changelog
  private last: CommitRecord
  private state: 'open' | 'fenced' | 'closed' = 'open'
  private turn: Promise<unknown> = Promise.resolve()

  private constructor(
    taskId: string,
    host: SessionHost,
    transactions: Transactions,
    log: Changelog,
    last: CommitRecord,
  ) {
    this.taskId = taskId
    this.host = host
    this.transactions = transactions
    this.log = log
    this.last = last
  }

  /** Fences the session before, then reads what it committed last: nothing can follow that any more. */
  static async open(
    taskId: string,
    host: SessionHost,
    transactions: Transactions,
    log: Changelog,
  ): Promise<KafkaSession> {
    await transactions.begin()
    const last = await log.last()
    return new KafkaSession(taskId, host, transactions, log, last ?? { sequence: 0, positions: [] })
  }

  positions(): readonly InputPosition[] {
    return this.last.positions
  }

  sequence(): number {
    return this.last.sequence
  }

  /** It was closed, or another has taken over. */
  get isOver(): boolean {
    return this.state !== 'open'
  }

  commit(commit: LogCommit): Promise<number> {
    return this.inTurn(() => this.commitNext(commit))
  }

  /**
   * Ends what the last commit may have been left open in, for those who wait to read it or what lies behind: the next
   * commit would, but may be long in coming.
   */
  async settle(): Promise<void> {
    if (this.state !== 'open' || !this.transactions.mayBeLeft) return
    await this.inTurn(async () => {
      if (this.state === 'open' && this.transactions.mayBeLeft) await this.transactions.begin()
    }).catch((error: unknown) => this.noted(asEngineError(error)))
  }

  private inTurn<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    const answer = this.turn.then(act)
    this.turn = answer.catch(() => undefined)
    return answer
  }

  private async commitNext({ positions, outputs, changelog }: LogCommit): Promise<number> {
    this.assertOwner()
    for (const position of positions) this.host.checkPosition(position)
    const entries = this.host.onBrokers(outputs)
    const next = {
      sequence: this.last.sequence + 1,
      positions: mergePositions(this.last.positions, positions),
    }
    if (this.transactions.doubt !== 'none' && (await this.clearUp(next))) return next.sequence
    try {
      const block = { ...this.log.place, frame: writeBlock(next, changelog) }
      this.committed(next, await this.transactions.commit([...entries, block]))
    } catch (error) {
      const failure = this.noted(asEngineError(error))
      // Who asked for the next epoch now would end what the owner after it has begun.
      if (failure.code === 'FENCED' || !(await this.clearUp(next))) throw unavailable(failure)
    }
    return next.sequence
  }

  async *changelog(afterSequence: number): AsyncIterable<ChangelogBlock> {
    this.host.assertOpen()
    const last = this.last.sequence
    if (afterSequence >= last) return
    const first = await this.log.firstSequence()
    checkChangelogKept(this.taskId, (first ?? last + 1) - 1, afterSequence, 'CHANGELOG_DROPPED')
    for await (const block of this.log.after(afterSequence, last)) yield block
  }

  /** The last block is kept whatever is asked, for it holds the positions. */
  async trimChangelog(sequence: number): Promise<void> {
    this.assertOwner()
    const upTo = Math.min(sequence, this.last.sequence - 1)
    if (upTo < 1) return
    const offset = await this.log.offsetOf(upTo, this.last.sequence)
    if (offset !== undefined) await this.host.deleteBefore(this.log.place, offset + 1)
  }

  async close(): Promise<void> {
    if (this.state === 'open') this.state = 'closed'
  }

  /**
   * Finds out what became of a transaction in doubt; answers whether it was committed. If that fails, nothing
   * is known still, and the next call of `commit`, which brings the same commit, begins with it.
   */
  private async clearUp(next: CommitRecord): Promise<boolean> {
    const { doubt } = this.transactions
    if (doubt === 'none') return false
    try {
      await this.transactions.begin()
      const last = await this.log.last().catch((error: unknown) => {
        this.transactions.doubt = doubt
        throw error
      })
      if (last?.sequence !== next.sequence) return false
      this.committed(next, this.transactions.written)
      return true
    } catch (error) {
      throw this.noted(asEngineError(error))
    }
  }

  private committed(commit: CommitRecord, written: readonly Written[]): void {
    this.last = commit
    for (const { place, end } of written) this.host.wrote(place, end)
  }

  /** A session that was told so knows from then on that another owns the task. */
  private noted(failure: EngineError): EngineError {
    if (failure.code === 'FENCED') this.state = 'fenced'
    return failure
  }

  private assertOwner(): void {
    this.host.assertOpen()
    if (this.state === 'closed') throw new EngineError('CLOSED', `session of task ${this.taskId}`)
    if (this.state === 'fenced') {
      throw new EngineError('FENCED', `another session of task ${this.taskId} has taken over`)
    }
  }
}

/** Nothing took effect, whatever the transaction failed on: what may be tried again, may be so as it is. */
const unavailable = (failure: EngineError): EngineError => {
  if (failure.recovery !== 'retry') return failure
  return new EngineError('LOG_UNAVAILABLE', `the commit was taken back: ${failure.message}`, {
    cause: failure,
  })
}
