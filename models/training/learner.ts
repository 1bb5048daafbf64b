import { DAY_MS } from '../../schemas/ids.ts'
import { EmbeddingTables } from '../embeddings/tables.ts'
import { ModelError } from '../errors.ts'
import { PARITY_ROWS, type ParitySample } from '../gate/parity.ts'
import { HEADS } from '../heads.ts'
import type { ProgressiveMetrics } from '../metrics/progressive.ts'
import { priorParameters } from '../prior/prior.ts'
import { HEAVY_NETWORK } from '../rankers.ts'
import { writeSnapshot, type Written } from '../snapshot/write.ts'
import type { Example } from '../../schemas/examples/index.ts'
import { type BegunAnew, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { Beside, Checkpoint } from './checkpoint-states.ts'
import { ColumnMoments, noMoments } from './column-moments.ts'
import { type Counts, ExampleFlow } from './example-flow.ts'
import { KnownExamples } from './known-examples.ts'
import type { Position } from './standing.ts'
import { stepLength } from './step-length.ts'
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
  /** Examples that metrics look back on; as many as `ProgressiveMetrics` does where absent. */
  readonly window?: number
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
  readonly position: Position
  /** What learned beside it; null without. */
  readonly beside: Beside | null
  /** Checkpoints that were passed over, for their bytes are not what was written. */
  readonly broken: readonly string[]
  readonly begunAnew: BegunAnew | null
}

/**
 * The heavy ranker as it learns: examples in, progressive metrics, checkpoints and snapshots out. What is learned
 * is a function of the examples, their order and the calls of `flush`. One call at a time; runs block their thread.
 */
export class Learner {
  private readonly options: LearnerOptions
  private readonly step: TrainStep
  private readonly moments: ColumnMoments
  private readonly start: Checkpoint
  private readonly flow: ExampleFlow
  private latestAt: number

  private constructor(start: Checkpoint, options: LearnerOptions, step: TrainStep, moments: ColumnMoments) {
    this.start = start
    this.options = options
    this.step = step
    this.moments = moments
    const { batchRows, negativesKept, window } = options
    const { row } = HEAVY_NETWORK
    this.flow = new ExampleFlow({
      row,
      heads: HEADS,
      batchRows,
      negativesKept,
      known: start.known,
      ...(window && { window }),
    })
    this.latestAt = start.latestAt
  }

  /** Goes on from the newest whole checkpoint, or begins with the prior. Throws `NEGATIVES_KEPT`. */
  static async open(root: string, options: LearnerOptions = DEFAULT_LEARNER): Promise<OpenLearner> {
    const { checkpoint, broken, begunAnew } = await readCheckpoint(root, () => beginning(options))
    const start = checkpoint ?? beginning(options)
    checkNegatives(start, options)
    const step = await TrainStep.create(start.learned, options.rates)
    const moments = await ColumnMoments.create(HEAVY_NETWORK, start.moments)
    const { position, beside } = start
    return { learner: new Learner(start, options, step, moments), position, beside, broken, begunAnew }
  }

  get steps(): number {
    return this.step.learned.steps
  }

  /** Rows of a batch that is not full. */
  get waiting(): number {
    return this.flow.batch.count
  }

  /** The latest time of what was learned, in milliseconds; 0 before anything was. */
  get trainedUntil(): number {
    return this.latestAt
  }

  get counts(): Counts {
    return this.flow.counts
  }

  /** See `KnownExamples`. */
  get unsettledForgotten(): number {
    return this.start.known.unsettledForgotten
  }

  get metrics(): ProgressiveMetrics {
    return this.flow.metrics
  }

  /** Takes examples, and learns whenever a batch is full. Throws `TRAINING_DIVERGED`. */
  async learn(examples: Iterable<Example>): Promise<void> {
    for (const example of examples) await this.take(example)
  }

  /** Takes one example; answers the step to wait for where it fills a batch. Throws as `learn`. */
  take(example: Example): Promise<void> | undefined {
    this.flow.take(example)
    return this.flow.batch.isFull ? this.flush() : undefined
  }

  /** Learns what is left of a batch that is not full. */
  async flush(): Promise<void> {
    const { flow, step, moments } = this
    const { batch } = flow
    if (batch.count === 0) return
    // First, so that no step reads columns as they come.
    await moments.measure(batch, step.learned)
    const { logits } = await step.run(batch, stepLength(moments.rows))
    this.latestAt = Math.max(this.latestAt, batch.at)
    flow.foreseen(logits)
  }

  /** Learns what was taken, and writes all of it, and of what learns beside, with the positions that they stand for. */
  async checkpoint(root: string, position: Position, beside: Beside | null = null): Promise<string> {
    await this.flush()
    const { learned } = this.step
    learned.tables?.expire(this.latestAt - this.options.expireMs)
    const { moments, known } = this.start
    const { latestAt } = this
    const { negativesKept } = this.options
    return writeCheckpoint(root, { learned, moments, known, negativesKept, latestAt, position, beside })
  }

  /** Writes what serves: the network as it is now, with its tables. Throws `NETWORK_INVALID`. */
  async snapshot(root: string): Promise<Written> {
    return writeSnapshot(root, 'heavy', 'trained', this.step.parameters(), this.step.learned.tables)
  }

  /** What it says as it is now, by the graph that learns, of the rows that it learned last; of empty ones before any. */
  async parity(): Promise<ParitySample> {
    const { rows, entities, contents, weights, targets, rowsMax } = this.flow.batch
    const count = Math.min(PARITY_ROWS, rowsMax)
    const logits = await this.step.foresee({ rows, entities, contents, weights, targets, rowsMax, count })
    return { rows, count, about: { entities, contents }, logits }
  }

  async dispose(): Promise<void> {
    await this.step.dispose()
    await this.moments.dispose()
  }
}

/**
 * What is known of an example says what its parts are a difference to by the share of its time: at another, what was
 * learned of it and what is still to come would not add up, and whether it was kept would not be known.
 */
const checkNegatives = ({ known, negativesKept }: Checkpoint, options: LearnerOptions): void => {
  if (known.size === 0 || negativesKept === options.negativesKept) return
  const detail = `the checkpoint has learned from ${negativesKept} of the negatives, and is to go on with ${options.negativesKept}`
  throw new ModelError('NEGATIVES_KEPT', detail)
}

/** Where nothing was learned yet. */
export const beginning = ({ tableRows, negativesKept }: LearnerOptions): Checkpoint => {
  const { dimensions } = HEAVY_NETWORK.embeddings!
  const tables = new EmbeddingTables({ dimensions, rows: tableRows })
  return {
    learned: beginLearning(HEAVY_NETWORK, priorParameters('heavy'), tables),
    moments: noMoments(HEAVY_NETWORK),
    known: new KnownExamples(),
    negativesKept,
    latestAt: 0,
    position: {},
    beside: null,
  }
}
