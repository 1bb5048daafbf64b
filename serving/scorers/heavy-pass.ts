import type { ScorerStage } from '../pipeline/stage.ts'
import { PASS_0_KEPT_MAX } from '../quotas.ts'
import { inOrder, orderOf } from './order.ts'
import type { Ranking } from './ranking.ts'

const DEADLINE_MS = 300

/** Pass 1: what pass 0 kept, by the heavy model and the value model. */
export const heavyPass = (ranking: Ranking): ScorerStage => ({
  name: 'pass-1',
  about: 'Scores by the heavy model; the value model makes one expected value of its heads.',
  deadlineMs: DEADLINE_MS,
  required: false,
  keptMax: PASS_0_KEPT_MAX,
  enable: () => true,
  score: async (_query, _viewer, candidates, signal) => {
    const outputs = await ranking.scoreHeavy(candidates, signal)
    if (signal.aborted) return []
    const values = new Float32Array(candidates.length)
    ranking.configuration.valueModel.evaluate(outputs, candidates.length, values, ranking.weights)
    const order = orderOf(values, candidates.length)
    for (let place = 0; place < order.length; place++) {
      const index = order[place]!
      const candidate = candidates[index]!
      candidate.expectedValue = values[index]!
      candidate.heavyRank = place
      candidate.row = index
    }
    return inOrder(candidates, order)
  },
})
