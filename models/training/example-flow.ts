import type { Example } from '../../schemas/examples/index.ts'
import { type Head, SATISFIED_MIN } from '../heads.ts'
import { ProgressiveMetrics } from '../metrics/progressive.ts'
import type { RowLayout } from '../row/row-layout.ts'
import { Batch, type Taken } from './batch.ts'
import type { KnownExamples } from './known-examples.ts'
import { LabelAccount } from './label-account.ts'
import { segmentsOf } from './segments.ts'

/** Examples by what became of them, so far. */
export type Counts = Readonly<Record<Taken, number>>

export interface FlowOptions {
  readonly row: RowLayout
  readonly heads: readonly Head[]
  readonly batchRows: number
  /** The share of negatives that is kept, above 0 and up to 1. */
  readonly negativesKept: number
  readonly known: KnownExamples
  /** Examples that metrics look back on; as many as `ProgressiveMetrics` does where absent. */
  readonly window?: number
}

const NO_PLACE = -1

/**
 * Examples on their way through a model, batch by batch: each is taken in, foreseen with its batch, and judged by
 * what becomes known of it. The model is the caller's: one that learns from each batch, or one that stands still.
 */
export class ExampleFlow {
  readonly batch: Batch
  readonly metrics: ProgressiveMetrics
  private readonly heads: readonly Head[]
  private readonly timeHeads: readonly number[]
  private readonly surveyHeads: readonly number[]
  private readonly width: number
  private readonly account: LabelAccount
  /** By row of the batch, the place in the metrics of an example that it foresees. */
  private readonly places: Int32Array
  private readonly taken: Record<Taken, number> = {
    taken: 0,
    'no-news': 0,
    'left-out': 0,
    'other-columns': 0,
    'broken-features': 0,
  }

  /** Throws a RangeError for options out of bounds. */
  constructor({ row, heads, batchRows, negativesKept, known, window }: FlowOptions) {
    this.heads = heads
    this.timeHeads = [...heads.keys()].filter((head) => heads[head]!.output === 'seconds')
    this.surveyHeads = [...heads.keys()].filter((head) => heads[head]!.isSurveyed)
    this.width = row.width
    this.metrics = new ProgressiveMetrics(heads, window)
    this.account = new LabelAccount(heads, negativesKept, known)
    this.batch = new Batch({ row, heads, rowsMax: batchRows }, this.account)
    this.places = new Int32Array(batchRows).fill(NO_PLACE)
  }

  get counts(): Counts {
    return { ...this.taken }
  }

  /** Takes an example. A full batch takes no more: it is to be foreseen first. */
  take(example: Example): void {
    const { account, batch, metrics } = this
    const row = batch.count
    const result = batch.add(example)
    this.taken[result]++
    if (result !== 'taken' && result !== 'no-news') return
    // An answer may have begun it before anybody was known to look: what was foreseen then stays, and the answer.
    if (batch.count > row && account.isFirst && !metrics.has(account.key)) {
      const segments = segmentsOf(batch.rows, row * this.width)
      this.places[row] = metrics.begin(account.key, segments, example.heads)
    }
    metrics.judge(account.key, account)
    for (const head of this.timeHeads) this.judgeTime(example, head)
    if (example.satisfaction === null) return
    for (const head of this.surveyHeads)
      metrics.judgeAnswer(account.key, head, example.satisfaction >= SATISFIED_MIN)
  }

  /** A settled example tells all of a time, what comes before it one part more. */
  private judgeTime(example: Example, head: number): void {
    const { account, metrics } = this
    const ms = account.timeOf(example, head)
    if (ms === 0) return
    if (example.phase === 'settled') metrics.judgeTime(account.key, head, Math.log1p(ms))
    else metrics.addTime(account.key, head, ms)
  }

  /** Tells what was foreseen of the batch, rows × heads of logits, and begins the next one. */
  foreseen(logits: Float32Array): void {
    for (let row = 0; row < this.batch.count; row++) {
      const place = this.places[row]!
      if (place === NO_PLACE) continue
      this.metrics.foresee(place, logits, row * this.heads.length)
      this.places[row] = NO_PLACE
    }
    this.batch.clear()
  }
}
