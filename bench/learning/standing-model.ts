import { logitOf, type ProgressiveMetrics } from '../../models/metrics/progressive.ts'
import { HEADS } from '../../models/heads.ts'
import { HEAVY_NETWORK } from '../../models/rankers.ts'
import { openSession } from '../../models/scoring/open-session.ts'
import type { ScoringSession } from '../../models/scoring/session.ts'
import { ExampleFlow } from '../../models/training/example-flow.ts'
import { KnownExamples } from '../../models/training/known-examples.ts'
import type { Example } from '../../schemas/examples/index.ts'

const BATCH_ROWS = 256

/** A snapshot that foresees the examples that another model learns from, until it is replaced by a newer one. */
export class StandingModel {
  private readonly flow: ExampleFlow
  private session: ScoringSession
  private readonly answers = new Float32Array(BATCH_ROWS * HEADS.length)
  private readonly logits = new Float32Array(BATCH_ROWS * HEADS.length)

  private constructor(session: ScoringSession, window: number) {
    const { row } = HEAVY_NETWORK
    this.session = session
    this.flow = new ExampleFlow({
      row,
      heads: HEADS,
      batchRows: BATCH_ROWS,
      negativesKept: 1,
      known: new KnownExamples(),
      window,
    })
  }

  static async open(directory: string, window: number): Promise<StandingModel> {
    return new StandingModel(await openSession(directory, 'heavy'), window)
  }

  get metrics(): ProgressiveMetrics {
    return this.flow.metrics
  }

  async take(example: Example): Promise<void> {
    this.flow.take(example)
    if (this.flow.batch.isFull) await this.flush()
  }

  /** Foresees what it took so far, then goes on as another snapshot. */
  async replace(directory: string): Promise<void> {
    await this.flush()
    await this.session.dispose()
    this.session = await openSession(directory, 'heavy')
  }

  async flush(): Promise<void> {
    const { batch } = this.flow
    const values = batch.count * HEADS.length
    await this.session.score(batch.rows, batch.count, this.answers, batch)
    for (let at = 0; at < values; at++) this.logits[at] = logitOf(HEADS[at % HEADS.length]!, this.answers[at])
    this.flow.foreseen(this.logits)
  }

  async dispose(): Promise<void> {
    await this.session.dispose()
  }
}
