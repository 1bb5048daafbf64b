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
 * unsaid: what finds no room, and what is left when the server must stop, is counted as lost.
 */
export class ImpressionLog {
  private readonly services: ImpressionLogServices
  private readonly limits: ImpressionLogLimits
  private waiting: ServedPage[] = []
  private writing: Promise<void> | undefined
  private closing = false
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
    return { waiting: this.waiting.length, written, lost, failures }
  }

  /** The last write failed, and is being tried again. */
  get isFailing(): boolean {
    return this.failing
  }

  /** Takes a page to write; what is beyond the limit is counted as lost. Never waits. */
  add(page: ServedPage): void {
    if (this.waiting.length >= this.limits.waitingMax) {
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
    this.lost += this.waiting.length
    this.waiting = []
  }

  private async run(): Promise<void> {
    let retryMs = this.limits.retryMs
    if (!this.closing) await this.services.sleep(this.limits.lingerMs)
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, this.limits.batchMax)
      const impressions = batch.flatMap((page) => this.checked(page))
      try {
        await this.services.append(impressions)
        this.waiting.splice(0, batch.length)
        this.written += impressions.length
        this.failing = false
        retryMs = this.limits.retryMs
      } catch (error) {
        this.failures++
        this.failing = true
        this.services.failed(error)
        await this.services.sleep(retryMs)
        retryMs = Math.min(retryMs * 2, this.limits.retryMsMax)
      }
    }
    this.writing = undefined
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
