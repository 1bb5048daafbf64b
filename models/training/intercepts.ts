import type { NetworkDefinition } from '../network/definition.ts'
import { ParameterLayout } from '../network/parameter-layout.ts'
import type { Batch } from './batch.ts'

/** What was foreseen is brought in line with what happened over about so many rows, */
export const INTERCEPT_ROWS = 2_048
/** or, where that says less, over so many rows' worth of doubt: about as many positives, of something rare. */
export const INTERCEPT_DOUBT = 60

/**
 * Keeps the sum of what each head foresees equal to what happens. A gradient step on the intercept b of a head adds up
 * what was foreseen in excess, Σ (w p − t), so that this sum cannot grow; Adam's steps do not: they are as long for a
 * faint excess as for a strong one, and of a rare head most are noise. So the intercept is moved beside them, by Newton's
 * method on the batch's loss, slowed down so that noise averages out:
 *
 * `Δb = Σ (t − w p) / max(INTERCEPT_DOUBT, Σ w p (1 − p) · INTERCEPT_ROWS / rows)`
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

  /** Moves the intercepts within `parameters` by what `logits`, rows × heads, foresaw of a batch. */
  move(
    { weights, targets, count }: Pick<Batch, 'weights' | 'targets' | 'count'>,
    logits: Float32Array,
    parameters: Float32Array,
  ): void {
    for (const head of this.heads) {
      let missing = 0
      let doubt = 0
      for (let row = 0; row < count; row++) {
        const at = row * this.width + head
        const foreseen = 1 / (1 + Math.exp(-logits[at]!))
        missing += targets[at]! - weights[at]! * foreseen
        doubt += weights[at]! * foreseen * (1 - foreseen)
      }
      parameters[this.from + head]! += missing / Math.max(INTERCEPT_DOUBT, (doubt * INTERCEPT_ROWS) / count)
    }
  }
}
