import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../engine/clock.ts'
import type { Envelope } from '../../schemas/envelope.ts'
import { everything } from '../../topologies/index.ts'
import { StateRows, TaskRows } from '../../serving/state-rows.ts'
import { Embedded, EMBEDDED_DEFAULTS } from '../runtime/embedded.ts'
import { EventCounts } from '../runtime/event-counts.ts'
import type { Publisher } from '../runtime/publisher.ts'

/** Events made durable at once between two that are foretold. */
const BATCH_EVENTS = 4_000
const LAG_RECORDS_MAX = 50_000
const LAG_CHECK_MS = 5

/** Commits at once: whoever settles waits for them. */
const EAGER = { commitIntervalMs: 0, idleCommitIntervalMs: 0 }

/** Everything of Freshet in one directory, fed event by event and read whenever it has come to rest. */
export class EvaluationRuntime {
  readonly rows: StateRows
  readonly embedded: Embedded
  readonly directory: string
  readonly clock: Clock
  private readonly publisher: Publisher

  private constructor(embedded: Embedded, partitions: number, directory: string, clock: Clock) {
    this.directory = directory
    this.clock = clock
    this.embedded = embedded
    this.publisher = embedded.publisher()
    this.rows = new StateRows(new TaskRows(embedded.worker, partitions))
  }

  static async open(directory: string, clock: Clock): Promise<EvaluationRuntime> {
    const { partitions } = EMBEDDED_DEFAULTS
    const embedded = await Embedded.open({
      ...EMBEDDED_DEFAULTS,
      directory,
      topology: everything,
      clock,
      metrics: new EventCounts(),
      worker: EAGER,
      syncsAppends: false,
    })
    return new EvaluationRuntime(embedded, partitions, directory, clock)
  }

  /** Answers a promise when the caller must wait. */
  add(event: Envelope): Promise<void> | undefined {
    this.publisher.add(event)
    return this.publisher.size < BATCH_EVENTS ? undefined : this.flush()
  }

  /** Resolves when everything added is processed. */
  async settle(): Promise<void> {
    await this.publisher.flush()
    await this.embedded.settled()
  }

  async close(): Promise<void> {
    await this.embedded.close()
  }

  private async flush(): Promise<void> {
    await this.publisher.flush()
    this.embedded.assertRunning()
    while (this.embedded.worker.lagRecords() > LAG_RECORDS_MAX) {
      await pause(LAG_CHECK_MS)
      this.embedded.assertRunning()
    }
  }
}
