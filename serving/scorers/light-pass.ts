import type { ScorerStage } from '../pipeline/stage.ts'
import { PASS_0_KEPT_MAX } from '../quotas.ts'
import { keptPlaces } from '../sampling/explored.ts'
import { inOrder, orderOf } from './order.ts'
import type { Ranking } from './ranking.ts'

const DEADLINE_MS = 300

/** Pass 0: every candidate by the light model, the best kept. */
export const lightPass = (ranking: Ranking): ScorerStage => ({
  name: 'pass-0',
  about: `Scores every candidate by the light model and keeps the best ${PASS_0_KEPT_MAX}.`,
  deadlineMs: DEADLINE_MS,
  required: false,
  keptMax: PASS_0_KEPT_MAX,
  enable: () => true,
  score: async (query, _viewer, candidates, signal) => {
    const scores = await ranking.scoreLight(candidates, signal)
    if (signal.aborted) return []
    const order = orderOf(scores, candidates.length)
    for (let place = 0; place < order.length; place++) {
      const index = order[place]!
      const candidate = candidates[index]!
      candidate.lightScore = scores[index]!
      candidate.lightRank = place
    }
    const places = keptPlaces(order, query)
    const kept = inOrder(candidates, places)
    ranking.keep(kept, places)
    return kept
  },
})
