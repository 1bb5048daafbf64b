import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import { CliError } from '../errors.ts'
import { type Answer, ask, refusalText } from '../http/client.ts'
import { answered, baseOf } from '../inspect/remote.ts'
import type { Outcome, Status } from '../inspect/inspection.ts'
import type { Line } from '../intake/line-splitter.ts'
import type { Refusal } from '../intake/refusal.ts'
import type { ReplaySink } from './sink.ts'

export interface RetryLimits {
  /** First wait; it doubles up to `waitMsMax`. */
  readonly waitMs: number
  readonly waitMsMax: number
  /** Time without success after which the replay gives up. */
  readonly giveUpMs: number
}

export const RETRY_DEFAULTS: RetryLimits = { waitMs: 100, waitMsMax: 5_000, giveUpMs: 60_000 }

/** What may succeed later: the server is busy, behind, out of disk, or being started again. */
const RETRYABLE = new Set([408, 429, 502, 503, 504, 507])
const STATUS_INTERVAL_MS = 200

/** Sends NDJSON to a running `freshet up`. A batch that may have been lost is sent again: event ids are known there. */
export class RemoteSink implements ReplaySink {
  private readonly base: string
  private readonly clock: Clock
  private readonly limits: RetryLimits
  private readonly before: Status | null
  private heard: Status | null
  private heardAtMs = -Infinity
  private parts: Buffer[] = []
  /** Line in the file of each line in the batch. */
  private numbers: number[] = []

  private constructor(url: string, clock: Clock, limits: RetryLimits, before: Status | null) {
    this.base = baseOf(url)
    this.clock = clock
    this.limits = limits
    this.before = this.heard = before
  }

  static async open(url: string, clock: Clock, limits = RETRY_DEFAULTS): Promise<RemoteSink> {
    return new RemoteSink(url, clock, limits, await statusOf(baseOf(url)).catch(unknown))
  }

  get pending(): number {
    return this.numbers.length
  }

  add({ buffer, start, end, number }: Line): undefined {
    this.parts.push(Buffer.from(buffer.subarray(start, end)), NEWLINE)
    this.numbers.push(number)
  }

  async flush(): Promise<readonly Refusal[]> {
    const { numbers } = this
    if (numbers.length === 0) return []
    const body = { type: 'application/x-ndjson', bytes: Buffer.concat(this.parts) }
    this.parts = []
    this.numbers = []
    const { status, body: answer } = await this.send(body)
    const refused = refusedIn(answer)
    if (refused === null) throw refusedWhole(status, answer)
    // One that did not tell before the first event is not asked again and again.
    const isDue = this.clock.monotonicMs() - this.heardAtMs >= STATUS_INTERVAL_MS
    if (this.before !== null && isDue) await this.hear()
    return refused.map((refusal) => ({ ...refusal, line: numbers[refusal.line - 1]! }))
  }

  async settle(): Promise<boolean> {
    for (;;) {
      this.heard = await this.statusAtLast()
      if (this.heard === null) return false
      if (this.heard.settled) return true
      await pause(STATUS_INTERVAL_MS)
    }
  }

  /** By what was heard last: of a replay that is settled, then. */
  outcome(): Outcome | null {
    const { before, heard: now } = this
    if (before === null || now === null || now.processed < before.processed) return null
    return {
      processed: now.processed - before.processed,
      late: since(before.late, now.late),
      duplicates: since(before.duplicates, now.duplicates),
      deadLetters: since(before.deadLetters, now.deadLetters),
    }
  }

  lagRecords(): number | null {
    return this.heard?.lagRecords ?? null
  }

  private async hear(): Promise<void> {
    this.heard = await statusOf(this.base).catch(unknown)
    this.heardAtMs = this.clock.monotonicMs()
  }

  /** The server may be busy or started again, as when it is sent events; null where it does not answer for too long. */
  private async statusAtLast(): Promise<Status | null> {
    const { waitMs: firstMs, waitMsMax, giveUpMs } = this.limits
    const started = this.clock.monotonicMs()
    for (let waitMs = firstMs; ; waitMs = Math.min(waitMs * 2, waitMsMax)) {
      try {
        return await statusOf(this.base)
      } catch {
        if (this.clock.monotonicMs() - started > giveUpMs) return null
        await pause(waitMs)
      }
    }
  }

  private async send(body: { readonly type: string; readonly bytes: Buffer }): Promise<Answer> {
    const started = this.clock.monotonicMs()
    for (let waitMs = this.limits.waitMs; ; waitMs = Math.min(waitMs * 2, this.limits.waitMsMax)) {
      const answer = await this.tryOnce(body, started)
      if (answer !== undefined && !RETRYABLE.has(answer.status)) return answer
      if (answer !== undefined && this.clock.monotonicMs() - started > this.limits.giveUpMs) return answer
      await pause(Math.max(waitMs, (answer?.retryAfterSeconds ?? 0) * 1_000))
    }
  }

  private async tryOnce(
    body: { readonly type: string; readonly bytes: Buffer },
    started: number,
  ): Promise<Answer | undefined> {
    try {
      return await ask(`${this.base}/v1/events`, body)
    } catch (error) {
      if (this.clock.monotonicMs() - started > this.limits.giveUpMs) throw error
      return undefined
    }
  }
}

const NEWLINE = Buffer.from('\n')

const FORBIDDEN = 403

/**
 * Null where the server does not tell: its admin routes answer its own machine only. Throws where it may tell later. The
 * other side is this program: its answer is taken at its word.
 */
const statusOf = async (base: string): Promise<Status | null> => {
  const answer = await ask(`${base}/admin/v1/status`)
  return answer.status === FORBIDDEN ? null : (answered(answer) as Status)
}

const unknown = (): null => null

const since = (before: number | null, now: number | null): number | null =>
  before === null || now === null ? null : now - before

/** The refusals of an answer to a batch; null when it is no such answer. */
const refusedIn = (answer: unknown): readonly Refusal[] | null => {
  if (typeof answer !== 'object' || answer === null || !('refused' in answer)) return null
  return answer.refused as readonly Refusal[]
}

const refusedWhole = (status: number, body: unknown): CliError =>
  new CliError('REMOTE_REFUSED', refusalText({ status, body }))
