import type { NetworkDefinition } from '../network/definition.ts'
import { ParameterLayout } from '../network/parameter-layout.ts'
import type { Batch } from './batch.ts'

/** What was foreseen is brought in line with what happened over about so many rows, */
export const INTERCEPT_ROWS = 2_048
/** or, where that says less, over so many rows' worth of doubt: about as many positives, of something rare. */
export const INTERCEPT_DOUBT = 60
/** How doubtful rows are is a mean over about so many: far more than share a moment, and so what they are about. */
export const DOUBT_ROWS = 32_768

/** How doubtful rows have been: Σ w p (1 − p) by head, in which rows count for less the longer ago they were. */
export interface Doubts {
  /** What all rows count for. */
  rows: number
  readonly sums: Float64Array
}

export const noDoubts = (heads: number): Doubts => ({ rows: 0, sums: new Float64Array(heads) })

/**
 * Keeps the sum of what each head foresees equal to what happens. A gradient step on the intercept b of a head adds up
 * what was foreseen in excess, Σ (w p − t), so that this sum cannot grow; Adam's steps do not: they are as long for a
 * faint excess as for a strong one, and of a rare head most are noise. So the intercept is moved beside them, by Newton's
 * method on the loss, slowed down so that noise averages out, d being the mean of w p (1 − p) over the rows before:
 *
 * `Δb = Σ (t − w p) / max(INTERCEPT_DOUBT, d · INTERCEPT_ROWS)`
 *
 * Not over the batch's own rows: labels come after their rows (see `LabelAccount`), so that some batches are rich in
 * positives and poor in doubt. Steps up would then be longer than those down, and intercepts drift away upwards while
 * everything else in the network is pushed down.
 */
export class Intercepts {
  /** Heads of probabilities, by their index. */
  private readonly heads: readonly number[]
  private readonly width: number
  /** Of the first head's intercept, in the vector of parameters. */
  private readonly from: number

  constructor(definition: NetworkDefinition) {
    const { heads } = definition
    this.heads = [...heads.keys()].filter((head) => heads[head]!.output === 'probability')
    this.width = heads.length
    this.from = new ParameterLayout(definition).learned.find(({ name }) => name === 'wide.bias')!.from
  }

  /** Moves the intercepts within `parameters` by what `logits`, rows × heads, foresaw of a batch; adds to `doubts`. */
  move(
    { weights, targets, count }: Pick<Batch, 'weights' | 'targets' | 'count'>,
    logits: Float32Array,
    parameters: Float32Array,
    doubts: Doubts,
  ): void {
    const fading = (1 - 1 / DOUBT_ROWS) ** count
    for (const head of this.heads) {
      let missing = 0
      let doubt = 0
      for (let row = 0; row < count; row++) {
        const at = row * this.width + head
        const foreseen = 1 / (1 + Math.exp(-logits[at]!))
        missing += targets[at]! - weights[at]! * foreseen
        doubt += weights[at]! * foreseen * (1 - foreseen)
      }
      // The first batch has none before it.
      const mean = doubts.rows === 0 ? doubt / count : doubts.sums[head]! / doubts.rows
      parameters[this.from + head]! += missing / Math.max(INTERCEPT_DOUBT, mean * INTERCEPT_ROWS)
      doubts.sums[head] = doubts.sums[head]! * fading + doubt
    }
    doubts.rows = doubts.rows * fading + count
  }
}
