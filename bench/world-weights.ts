import { HEADS } from '../models/heads.ts'
import type { ValueModelConfig } from '../models/value-model.ts'
import { OUTCOMES, type Outcome, type ValueWeights } from '../world/value-weights.ts'

/** What a world is told of the value model: every outcome weighs what the head that it is a label of weighs. */
export const worldWeights = ({ weights }: ValueModelConfig): ValueWeights => {
  const outcomes = OUTCOMES.map((outcome) => {
    const head = HEADS.find(({ labels }) => labels.some((label) => label === outcome))
    return [outcome, head === undefined ? 0 : head.sign * weights[head.name]] as const
  })
  return {
    outcomes: Object.fromEntries(outcomes) as Record<Outcome, number>,
    dwellPerSecond: weights.dwell,
  }
}
