import type { LoggedRankingSample } from '../../schemas/ranking-samples/index.ts'

/** Samples that wait to be written, some 5 KiB each; more are dropped, and counted. */
export const SAMPLES_WAITING_MAX = 256

export interface SampleCounts {
  readonly written: number
  /** Too many waited, or they could not be written. */
  readonly dropped: number
}

/** Writes samples of rankings behind requests. Any of them may be lost: there are always others. */
export class SampleLog {
  private readonly append: (samples: readonly LoggedRankingSample[]) => Promise<void>
  private waiting: LoggedRankingSample[] = []
  private writing: Promise<void> | undefined
  private written = 0
  private dropped = 0

  constructor(append: (samples: readonly LoggedRankingSample[]) => Promise<void>) {
    this.append = append
  }

  get counts(): SampleCounts {
    return { written: this.written, dropped: this.dropped }
  }

  /** Never waits. */
  add(sample: LoggedRankingSample): void {
    if (this.waiting.length >= SAMPLES_WAITING_MAX) {
      this.dropped++
      return
    }
    this.waiting.push(sample)
    this.writing ??= this.write().finally(() => (this.writing = undefined))
  }

  /** Resolves when nothing waits any more. */
  async close(): Promise<void> {
    await this.writing
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting
      this.waiting = []
      try {
        await this.append(batch)
        this.written += batch.length
      } catch {
        // Whoever could be told is told of impressions, which go the same way and must not be lost.
        this.dropped += batch.length
      }
    }
  }
}
