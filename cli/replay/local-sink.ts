import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import { Intake } from '../intake/intake.ts'
import type { Line } from '../intake/line-splitter.ts'
import type { Refusal } from '../intake/refusal.ts'
import type { Embedded } from '../runtime/embedded.ts'
import type { EventCounts, EventTotals } from '../runtime/event-counts.ts'
import type { Publisher } from '../runtime/publisher.ts'
import type { ReplaySink } from './sink.ts'

/** Reading waits while this many records are unprocessed: enough to keep processing busy, and little to hold. */
export const REPLAY_LAG_RECORDS_MAX = 50_000
const LAG_CHECK_MS = 5
const NOTHING: readonly Refusal[] = []

/** Publishes into the data directory of this process. */
export class LocalSink implements ReplaySink {
  private readonly embedded: Embedded
  private readonly counts: EventCounts
  private readonly publisher: Publisher
  private readonly intake: Intake

  constructor(embedded: Embedded, counts: EventCounts, clock: Clock) {
    this.embedded = embedded
    this.counts = counts
    this.publisher = embedded.publisher()
    this.intake = new Intake(this.publisher, clock)
  }

  get pending(): number {
    return this.publisher.size
  }

  add({ buffer, start, end, number }: Line): Refusal | undefined {
    return this.intake.take(buffer, start, end, number)
  }

  async flush(): Promise<readonly Refusal[]> {
    await this.publisher.flush()
    this.embedded.assertRunning()
    while (this.embedded.worker.lagRecords() > REPLAY_LAG_RECORDS_MAX) {
      await pause(LAG_CHECK_MS)
      this.embedded.assertRunning()
    }
    return NOTHING
  }

  async settle(): Promise<true> {
    await this.embedded.settled()
    return true
  }

  outcome(): EventTotals {
    return this.counts.totals
  }

  lagRecords(): number {
    return this.embedded.worker.lagRecords()
  }
}
