import { Random } from '../../engine/driver/random.ts'
import { hashKey } from '../../engine/hash.ts'
import type { Candidate } from '../candidate.ts'
import type { ScorerStage } from '../pipeline/stage.ts'
import type { FeedQuery } from '../query.ts'
import { drawPlace, propensityAt } from '../rules/exploration.ts'
import { PASS_0_KEPT_MAX } from '../quotas.ts'
import { inOrder } from './order.ts'
import type { Ranking } from './ranking.ts'
import type { Ordered, SlateOrder } from './slate-order.ts'

const DEADLINE_MS = 300

/** Pass 2: the order of the whole feed, by value and rules; where there are none, by what an earlier pass gave. */
export const rulesPass = (ranking: Ranking, slateOrder: SlateOrder): ScorerStage => ({
  name: 'pass-2',
  about: 'Puts the feed in order: expected value times the rules, each seeing what stands above.',
  deadlineMs: DEADLINE_MS,
  required: false,
  keptMax: PASS_0_KEPT_MAX,
  enable: () => true,
  score: async (query, _viewer, candidates) => {
    const bases = new Float64Array(candidates.length)
    for (let index = 0; index < bases.length; index++) bases[index] = baseOf(candidates[index]!)
    const ordered = explored(slateOrder.of(candidates, bases), ranking, query)
    ranking.factors = ordered.factors
    const feed = inOrder(candidates, ordered.order)
    for (let place = 0; place < feed.length; place++) {
      feed[place]!.value = ordered.values[place]!
      feed[place]!.rank = place
    }
    return feed
  },
})

const baseOf = ({ heavyRank, expectedValue, lightScore }: Candidate): number =>
  heavyRank < 0 ? lightScore : expectedValue

/** Leaves a place to chance, where the configuration says so. */
const explored = (ordered: Ordered, ranking: Ranking, query: FeedQuery): Ordered => {
  const { exploration, rules } = ranking.configuration
  if (exploration === null) return ordered
  const places = ordered.order.length
  const random = new Random(seedOf(query))
  const moved = drawPlace(exploration, places, () => random.next())
  ranking.propensities = Float64Array.from({ length: places }, (_, place) =>
    propensityAt(place, moved, exploration, places),
  )
  return moved < 0 ? ordered : movedUp(ordered, moved, exploration.position, rules.length)
}

/** The same request draws the same, so that a run can be done again. */
const seedOf = ({ userId, asOf }: FeedQuery): number => {
  const text = Buffer.from(`${userId} ${asOf}`)
  return hashKey(text, 0, text.length)
}

const movedUp = ({ order, values, factors }: Ordered, from: number, to: number, width: number): Ordered => {
  const places = Array.from(order.keys())
  places.splice(to, 0, ...places.splice(from, 1))
  return {
    order: Uint32Array.from(places, (place) => order[place]!),
    values: Float64Array.from(places, (place) => values[place]!),
    factors: Float32Array.from(factors.keys(), (at) => {
      const place = Math.floor(at / width)
      return factors[places[place]! * width + (at - place * width)]!
    }),
  }
}
