import { type Impression, impressions as contract } from '../../schemas/impressions/index.ts'
import { impressionOf, type ServedPage } from './impression.ts'

export interface ImpressionLogLimits {
  /** Served pages that wait to be written. */
  readonly waitingMax: number
  /** Written together. */
  readonly batchMax: number
  /** How long a page waits for others to be written with: a synced write holds up the thread that ranks feeds. */
  readonly lingerMs: number
  /** After a failed write the next try waits this long, twice as long each time, up to the longest. */
  readonly retryMs: number
  readonly retryMsMax: number
}

export const IMPRESSION_LOG_DEFAULTS: ImpressionLogLimits = {
  waitingMax: 5_000,
  batchMax: 64,
  lingerMs: 50,
  retryMs: 100,
  retryMsMax: 5_000,
}

/** What became of impressions since the start. */
export interface ImpressionCounts {
  readonly waiting: number
  readonly written: number
  /** Given up: too many waited already, one broke its contract, or it could not be written at the end. */
  readonly lost: number
  /** Writes that failed and were tried again. */
  readonly failures: number
}

/** What the log writes through, and how it lets time pass. */
export interface ImpressionLogServices {
  /** Resolves when all are durable; throws when none is. */
  append(impressions: readonly Impression[]): Promise<void>
  sleep(ms: number): Promise<void>
  /** Told why something could not be written, for whoever keeps a log of errors. */
  failed(error: unknown): void
}

/**
 * Writes impressions behind the requests: in batches, in order, and again until they are durable. None is lost
 * unsaid: what finds no room, and what is left when the server must stop, is counted as lost. Only a process that is
 * killed says nothing of what waits, some 50 ms of pages. Numbers on pages would not tell either: a gap shows once
 * something after it is written, and what waits is the end.
 */
export class ImpressionLog {
  private readonly services: ImpressionLogServices
  private readonly limits: ImpressionLogLimits
  private waiting: ServedPage[] = []
  /** Impressions of the batch that is being written. */
  private underWay = 0
  private writing: Promise<void> | undefined
  private closing = false
  /** What is not written by now is counted as lost. */
  private closed = false
  private written = 0
  private lost = 0
  private failures = 0
  private failing = false

  constructor(services: ImpressionLogServices, limits: ImpressionLogLimits = IMPRESSION_LOG_DEFAULTS) {
    this.services = services
    this.limits = limits
  }

  get counts(): ImpressionCounts {
    const { written, lost, failures } = this
    return { waiting: this.waitingCount, written, lost, failures }
  }

  /** The last write failed, and is being tried again. */
  get isFailing(): boolean {
    return this.failing
  }

  /** Takes a page to write; what is beyond the limit is counted as lost. Never waits. */
  add(page: ServedPage): void {
    if (this.waitingCount >= this.limits.waitingMax) {
      this.lost++
      return
    }
    this.waiting.push(page)
    this.writing ??= this.run()
  }

  /** Writes what waits; what cannot be written within the time is counted as lost. */
  async close(withinMs: number): Promise<void> {
    this.closing = true
    await Promise.race([this.writing, this.services.sleep(withinMs)])
    this.closed = true
    this.lost += this.waitingCount
    this.waiting = []
    this.underWay = 0
  }

  private get waitingCount(): number {
    return this.waiting.length + this.underWay
  }

  private async run(): Promise<void> {
    if (!this.closing) await this.services.sleep(this.limits.lingerMs)
    while (this.waiting.length > 0) {
      // Checked once, however often they are tried: each that is broken is one page lost.
      const batch = this.waiting.splice(0, this.limits.batchMax).flatMap((page) => this.checked(page))
      if (batch.length > 0) await this.write(batch)
    }
    this.writing = undefined
  }

  /** Writes a batch, and again until it holds or the log is closed. */
  private async write(batch: readonly Impression[]): Promise<void> {
    this.underWay = batch.length
    let retryMs = this.limits.retryMs
    while (!this.closed) {
      try {
        await this.services.append(batch)
        this.hold(batch)
        return
      } catch (error) {
        this.failures++
        this.failing = true
        this.services.failed(error)
        await this.services.sleep(retryMs)
        retryMs = Math.min(retryMs * 2, this.limits.retryMsMax)
      }
    }
  }

  /** What was under way when the log was closed counts as lost only until it turns out to be durable. */
  private hold(batch: readonly Impression[]): void {
    this.written += batch.length
    if (this.closed) this.lost -= batch.length
    this.underWay = 0
    this.failing = false
  }

  /** One that breaks its contract would be refused for ever, and hold up all behind it: it is counted as lost. */
  private checked(page: ServedPage): Impression[] {
    try {
      const impression = impressionOf(page)
      contract.check(impression)
      return [impression]
    } catch (error) {
      this.lost++
      this.services.failed(error)
      return []
    }
  }
}
