import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import { LINE_BYTES_MAX } from '../../schemas/envelope.ts'
import { eventFileStream, readingError } from '../intake/event-file.ts'
import { type Line, LineSplitter } from '../intake/line-splitter.ts'
import { type Refusal, tooLong } from '../intake/refusal.ts'
import { Pacing, timeOf } from './pacing.ts'
import type { ReplaySink } from './sink.ts'

/** Lines made durable at once, and bytes: whichever is reached first. */
const BATCH_LINES = 4_000
const BATCH_BYTES_MAX = 4 << 20
/** Timers of Node hold 2^31 milliseconds; a pause may be years of event time. */
const PAUSE_MS_MAX = 60_000

export interface ReplayOptions {
  /** NDJSON, or gzip of it where the name ends in `.gz`. */
  readonly file: string
  /** Multiple of event-time speed; Infinity for as fast as may be. */
  readonly speed: number
  readonly sink: ReplaySink
  readonly clock: Clock
  onRefused(refusal: Refusal): void
  onProgress(progress: ReplayProgress): void
}

export interface ReplayProgress {
  readonly accepted: number
  readonly refused: number
  readonly eventsPerSecond: number
  readonly lagRecords: number | null
}

/** What a replay did; counts of late, duplicate and put-aside events are null where the server does not tell. */
export interface ReplayResult {
  readonly accepted: number
  readonly refused: number
  readonly late: number | null
  readonly duplicates: number | null
  readonly dead_letters: number | null
  /** All that was accepted is processed; null where the server does not tell. */
  readonly settled: true | null
  /** Accepted, and processed where that is known, per second of the whole replay. */
  readonly events_per_s: number
  readonly seconds: number
}

/** Streams a file of events through the sink, and waits until all of it is processed. Memory does not grow with the file. */
export const replay = async (options: ReplayOptions): Promise<ReplayResult> => {
  const run = new Replay(options)
  try {
    for await (const chunk of eventFileStream(options.file)) await run.chunk(chunk as Buffer)
  } catch (error) {
    throw readingError(options.file, error)
  }
  return run.finish()
}

class Replay {
  private readonly options: ReplayOptions
  private readonly splitter = new LineSplitter(LINE_BYTES_MAX)
  private readonly pacing: Pacing | undefined
  private readonly startedMs: number
  private taken = 0
  private refused = 0
  private batchBytes = 0

  constructor(options: ReplayOptions) {
    this.options = options
    const { clock, speed } = options
    this.startedMs = clock.monotonicMs()
    this.pacing = speed === Infinity ? undefined : new Pacing(speed, () => clock.monotonicMs())
  }

  async chunk(chunk: Buffer): Promise<void> {
    for (const line of this.splitter.lines(chunk)) {
      const waiting = this.line(line)
      if (waiting !== undefined) await waiting
    }
  }

  async finish(): Promise<ReplayResult> {
    const { sink } = this.options
    for (const line of this.splitter.end()) await this.line(line)
    await this.flush()
    const isSettled = await sink.settle()
    const outcome = sink.outcome()
    const seconds = (this.options.clock.monotonicMs() - this.startedMs) / 1_000
    return {
      accepted: this.taken,
      refused: this.refused,
      late: outcome?.late ?? null,
      duplicates: outcome?.duplicates ?? null,
      dead_letters: outcome?.deadLetters ?? null,
      settled: isSettled ? true : null,
      events_per_s: Math.round(this.taken / seconds),
      seconds: Math.round(seconds * 1_000) / 1_000,
    }
  }

  /** Awaits only at the end of a batch. */
  private line(line: Line): Promise<void> | undefined {
    if (this.pacing !== undefined) return this.pacedLine(line, this.pacing)
    return this.take(line)
  }

  private async pacedLine(line: Line, pacing: Pacing): Promise<void> {
    const at = timeOf(line)
    if (at !== undefined && pacing.waitMs(at) > 0) {
      await this.flush()
      for (let waitMs = pacing.waitMs(at); waitMs > 0; waitMs = pacing.waitMs(at)) {
        await pause(Math.min(waitMs, PAUSE_MS_MAX))
      }
    }
    await this.take(line)
  }

  private take(line: Line): Promise<void> | undefined {
    const { sink } = this.options
    const refusal = line.tooLong ? tooLong(line.number) : sink.add(line)
    if (refusal !== undefined) this.refuse(refusal)
    else this.taken++
    this.batchBytes += line.end - line.start
    return sink.pending >= BATCH_LINES || this.batchBytes >= BATCH_BYTES_MAX ? this.flush() : undefined
  }

  private async flush(): Promise<void> {
    const { sink, clock } = this.options
    this.batchBytes = 0
    for (const refusal of await sink.flush()) {
      this.taken--
      this.refuse(refusal)
    }
    const seconds = (clock.monotonicMs() - this.startedMs) / 1_000
    this.options.onProgress({
      accepted: this.taken,
      refused: this.refused,
      eventsPerSecond: this.taken / seconds,
      lagRecords: sink.lagRecords(),
    })
  }

  private refuse(refusal: Refusal): void {
    this.refused++
    this.options.onRefused(refusal)
  }
}
