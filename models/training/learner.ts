import { DAY_MS } from '../../schemas/ids.ts'
import { EmbeddingTables } from '../embeddings/tables.ts'
import { HEADS } from '../heads.ts'
import { ProgressiveMetrics } from '../metrics/progressive.ts'
import { priorParameters } from '../prior/prior.ts'
import { HEAVY_NETWORK } from '../rankers.ts'
import { writeSnapshot, type Written } from '../snapshot/write.ts'
import { Batch, type LearnedExample, type Taken } from './batch.ts'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { ColumnMoments, noMoments } from './column-moments.ts'
import { LabelWriter } from './labels.ts'
import { Positives } from './positives.ts'
import { beginLearning, DEFAULT_RATES, type Rates, TrainStep } from './train-step.ts'

export interface LearnerOptions {
  readonly batchRows: number
  /** The share of negatives that is learned from; see `Batch`. */
  readonly negativesKept: number
  readonly rates: Rates
  /** Rows of each entity's table, powers of two. */
  readonly tableRows: readonly number[]
  /** Vectors start anew when nothing was learned in them for so long. */
  readonly expireMs: number
}

export const DEFAULT_LEARNER: LearnerOptions = {
  batchRows: 256,
  negativesKept: 1,
  rates: DEFAULT_RATES,
  // Users, authors, containers, hashtags: 16 MiB of vectors.
  tableRows: [2 ** 17, 2 ** 16, 2 ** 15, 2 ** 15],
  expireMs: 90 * DAY_MS,
}

/** A learner, and where among the examples it goes on. */
export interface OpenLearner {
  readonly learner: Learner
  /** See `Checkpoint`; empty where it begins. */
  readonly position: Checkpoint['position']
  /** Checkpoints that were passed over, for their bytes are not what was written. */
  readonly broken: readonly string[]
}

/** Examples by what became of them, so far. */
export type Counts = Readonly<Record<Taken, number>>

/**
 * The heavy ranker as it learns: examples in, progressive metrics, checkpoints and snapshots out. What is learned
 * is a function of the examples, their order and the calls of `flush`. One call at a time; runs block their thread.
 */
export class Learner {
  readonly metrics = new ProgressiveMetrics(HEADS)
  private readonly options: LearnerOptions
  private readonly step: TrainStep
  private readonly moments: ColumnMoments
  private readonly start: Checkpoint
  private readonly batch: Batch
  private latestAt = 0
  private readonly taken: Record<Taken, number> = {
    taken: 0,
    'left-out': 0,
    'other-columns': 0,
    'broken-features': 0,
  }

  private constructor(start: Checkpoint, options: LearnerOptions, step: TrainStep, moments: ColumnMoments) {
    this.start = start
    this.options = options
    this.step = step
    this.moments = moments
    const { batchRows: rowsMax, negativesKept } = options
    const labels = new LabelWriter(HEADS, (example, head) => start.positives.add(example, head))
    this.batch = new Batch({ row: HEAVY_NETWORK.row, heads: HEADS, rowsMax, negativesKept }, labels)
  }

  /** Goes on from the newest whole checkpoint, or begins with the prior. Throws `CHECKPOINT_OTHER`. */
  static async open(root: string, options: LearnerOptions = DEFAULT_LEARNER): Promise<OpenLearner> {
    const { checkpoint, broken } = await readCheckpoint(root, HEAVY_NETWORK)
    const start = checkpoint ?? beginning(options)
    const step = await TrainStep.create(start.learned, options.rates)
    const moments = await ColumnMoments.create(HEAVY_NETWORK, start.moments)
    return { learner: new Learner(start, options, step, moments), position: start.position, broken }
  }

  get steps(): number {
    return this.step.learned.steps
  }

  get counts(): Counts {
    return { ...this.taken }
  }

  /** Takes examples, and learns whenever a batch is full. Throws `TRAINING_DIVERGED`. */
  async learn(examples: Iterable<LearnedExample>): Promise<void> {
    for (const example of examples) {
      this.taken[this.batch.add(example)]++
      if (this.batch.isFull) await this.flush()
    }
  }

  /** Learns what is left of a batch that is not full. */
  async flush(): Promise<void> {
    const { batch, step } = this
    if (batch.count === 0) return
    const { logits } = await step.run(batch)
    // After the step: what a batch is foreseen by is what would have been served.
    await this.moments.measure(batch, step.learned.measured)
    const { count, weights, targets } = batch
    this.metrics.add({ count, logits, weights, targets })
    this.latestAt = Math.max(this.latestAt, batch.at)
    batch.clear()
  }

  /** Learns what was taken, and writes all of it with the position that it stands for. */
  async checkpoint(root: string, position: Checkpoint['position']): Promise<string> {
    await this.flush()
    const { learned } = this.step
    learned.tables?.expire(this.latestAt - this.options.expireMs)
    const { moments, positives } = this.start
    return writeCheckpoint(root, { learned, moments, positives, position })
  }

  /** Writes what serves: the network as it is now, with its tables. Throws `NETWORK_INVALID`. */
  async snapshot(root: string): Promise<Written> {
    return writeSnapshot(root, 'heavy', 'trained', this.step.parameters(), this.step.learned.tables)
  }

  async dispose(): Promise<void> {
    await this.step.dispose()
    await this.moments.dispose()
  }
}

const beginning = ({ tableRows }: LearnerOptions): Checkpoint => {
  const { dimensions } = HEAVY_NETWORK.embeddings!
  const tables = new EmbeddingTables({ dimensions, rows: tableRows })
  return {
    learned: beginLearning(HEAVY_NETWORK, priorParameters('heavy'), tables),
    moments: noMoments(HEAVY_NETWORK),
    positives: new Positives(),
    position: {},
  }
}
