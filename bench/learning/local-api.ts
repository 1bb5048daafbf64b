import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { readEnvelope } from '../../schemas/envelope.ts'
import { millis, type UserId } from '../../schemas/ids.ts'
import type { FreshetApi, Published, ServedFeed } from '../../world/driver/port.ts'
import type { EvaluationRuntime } from '../../cli/evaluate/runtime.ts'
import type { Serving } from '../../cli/serving/open.ts'

const IMPRESSIONS_MS = 1

/** Freshet in this process, without HTTP: events past the door's checks, feeds straight from the service. */
export class LocalApi implements FreshetApi {
  private readonly runtime: EvaluationRuntime
  private readonly serving: Serving

  constructor(runtime: EvaluationRuntime, serving: Serving) {
    this.runtime = runtime
    this.serving = serving
  }

  async publish(lines: readonly string[]): Promise<Published> {
    await this.impressionsWritten()
    for (const line of lines) {
      const waiting = this.runtime.add(readEnvelope(Buffer.from(line)))
      if (waiting !== undefined) await waiting
    }
    return { accepted: lines.length, refused: [] }
  }

  async settled(): Promise<void> {
    await this.impressionsWritten()
    await this.runtime.settle()
  }

  async feed(userId: string, asOf: number, limit: number): Promise<ServedFeed> {
    const query = { userId: userId as UserId, limit, asOf: millis(asOf), device: null, surface: null }
    const { items, meta } = await this.serving.feeds.page({ ...query, preview: false }, null)
    return { requestId: meta.requestId, items }
  }

  /** What people react to is logged first, so that no reaction overtakes its slate: runs are then alike. */
  private async impressionsWritten(): Promise<void> {
    await nextTurn()
    while (this.serving.impressions.counts.waiting > 0) await pause(IMPRESSIONS_MS)
  }
}
