import { Random } from '../../../engine/driver/random.ts'
import type { Comparison } from '../../../models/gate/evidence.ts'
import { type Head, HEADS } from '../../../models/heads.ts'
import { ProgressiveMetrics } from '../../../models/metrics/progressive.ts'
import { SECOND_MS } from '../../../schemas/ids.ts'

/** What a model makes of what it sees: a normal draw of that mean and spread. */
export interface Seen {
  readonly mean: number
  readonly spread: number
}

/** How a model sees what is true of an example at a head, which is a standard normal draw, as is what it gets wrong. */
export type Sees = (head: number, truth: number, error: number) => Seen

export interface OfferOptions {
  readonly examples: number
  /** By head, the share of positives; of a time, how often it is told. */
  readonly rates: readonly number[]
  /** What is offered, and what is live. */
  readonly candidate?: Sees
  readonly live?: Sees
}

/** Sees the truth with errors of that size, and makes the best of it: calibrated, whatever the size. */
export const seeing =
  (errors = 1): Sees =>
  (_, truth, error) => ({
    mean: (truth + errors * error) / (1 + errors ** 2),
    spread: errors / Math.hypot(1, errors),
  })

/** What heads have in common, and what two models get wrong alike: shares of the variance. */
const COMMON = 0.3
const ALIKE = 0.5
/** How far what is true of an example moves its log-odds. */
const REACH = 1.2
const TYPICAL_LOG_MS = 8
const NOISE_LOG_MS = 0.7

/**
 * An offer whose truth is known: examples of which two models, that err partly alike, foresee what is drawn for each
 * head. A function of the seed.
 */
export const offerOf = (seed: number, options: OfferOptions): Comparison => {
  const { examples, rates, candidate = seeing(), live = seeing() } = options
  const random = new Random(seed)
  const draw = normalDraws(random)
  const mixed = (share: number, shared: number): number =>
    Math.sqrt(share) * shared + Math.sqrt(1 - share) * draw()
  const intercepts = rates.map(interceptOf)
  const heads: readonly Head[] = HEADS
  const metrics = new ProgressiveMetrics(heads, examples)
  for (let key = 0; key < examples; key++) {
    const common = draw()
    const truths = heads.map(() => mixed(COMMON, common))
    const alike = heads.map(draw)
    const foreseenBy = (sees: Sees): number[] =>
      heads.map(({ output }, head) => {
        const seen = sees(head, truths[head]!, mixed(ALIKE, alike[head]!))
        return output === 'seconds'
          ? Math.exp(TYPICAL_LOG_MS + seen.mean) / SECOND_MS
          : likelyAt(intercepts[head]!, seen)
      })
    const logits = Float32Array.from(foreseenBy(candidate), (answer, head) =>
      logitBehind(heads[head]!, answer),
    )
    metrics.foresee(metrics.begin(key, 0, foreseenBy(live)), logits, 0)
    let positives = 0
    for (const [head, { output, isSurveyed }] of heads.entries()) {
      const truth = truths[head]!
      const isTime = output === 'seconds'
      const happens = random.chance(isTime ? rates[head]! : sigmoid(intercepts[head]! + REACH * truth))
      if (isSurveyed) metrics.judgeAnswer(key, head, happens)
      else if (!isTime) positives |= Number(happens) << head
      else if (happens) metrics.judgeTime(key, head, TYPICAL_LOG_MS + truth + NOISE_LOG_MS * draw())
    }
    metrics.judge(key, { weight: 1, positives })
  }
  const { learner, served, chance } = metrics.compare()
  return { examples, candidate: learner, live: served, chance }
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit))

const logitBehind = ({ output }: Head, answer: number): number =>
  output === 'seconds' ? Math.log(answer * SECOND_MS) : Math.log(answer / (1 - answer))

/** Nodes and weights of Gauss and Hermite: means over a standard normal draw, exact of polynomials up to x¹³. */
const NODES: readonly (readonly [node: number, weight: number])[] = [
  [-3.750_439_717_725_742, 0.000_548_268_855_972_2],
  [-2.366_759_410_734_541, 0.030_757_123_967_586_5],
  [-1.154_405_394_739_968_2, 0.240_123_178_605_012_7],
  [0, 0.457_142_857_142_857_1],
  [1.154_405_394_739_968_2, 0.240_123_178_605_012_7],
  [2.366_759_410_734_541, 0.030_757_123_967_586_5],
  [3.750_439_717_725_742, 0.000_548_268_855_972_2],
]

/** How likely it is, of what is seen so. */
const likelyAt = (intercept: number, { mean, spread }: Seen): number =>
  NODES.reduce((sum, [node, weight]) => sum + weight * sigmoid(intercept + REACH * (mean + spread * node)), 0)

const EVERYTHING: Seen = { mean: 0, spread: 1 }
const HALVINGS = 40

/** The intercept by which a head has that share of positives. */
const interceptOf = (rate: number): number => {
  let [low, high] = [-20, 20]
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2
    if (likelyAt(middle, EVERYTHING) < rate) low = middle
    else high = middle
  }
  return low
}

/** Box and Muller, 1958. */
const normalDraws = (random: Random) => (): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
