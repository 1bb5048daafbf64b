import { expectedValue, type SignedWeights } from '../value-model.ts'
import { HEADS, type HeadName } from '../heads.ts'
import {
  doublyRobust,
  inversePropensity,
  type LoggedDecisions,
  type OffPolicyEstimate,
  onPolicy,
  selfNormalised,
} from './off-policy.ts'

/** One place that was left to chance, with what a ranking that is asked about would have put there. */
export interface ChosenPost {
  /** Probability that what was shown there was. */
  readonly propensity: number
  /** Whether the ranking would have shown the same. */
  readonly isSame: boolean
  /** What came of what was shown, in the order of the heads. */
  readonly outcomes: Float64Array
  /** What the heads of the model that served said, before anybody looked: of what was shown, and of what the ranking would have. */
  readonly foreseen: ArrayLike<number>
  readonly foreseenOfChosen: ArrayLike<number>
  /** What heads are worth to the viewer, by the ranking. */
  readonly weights: SignedWeights
}

const NOT_DEEDS: ReadonlySet<HeadName> = new Set(['click', 'dwell', 'skip', 'satisfaction'])
const isDeed = (sign: 1 | -1) =>
  weightsOf((head) => head.sign === sign && !NOT_DEEDS.has(head.name) && !('atLeastMs' in head))

const weightsOf = (isCounted: (head: (typeof HEADS)[number]) => boolean): SignedWeights =>
  Float64Array.from(HEADS, (head) => Number(isCounted(head)))

/**
 * What a place is judged by: sums over heads, so that what happened and what was foreseen are one figure. value: what
 * the ranking itself aims at.
 */
export const PLACE_MEASURES = {
  clicks: weightsOf(({ name }) => name === 'click'),
  reactions: isDeed(1),
  negatives: isDeed(-1),
  seconds: weightsOf(({ name }) => name === 'dwell'),
  value: null,
} as const satisfies Readonly<Record<string, SignedWeights | null>>
export type PlaceMeasure = keyof typeof PLACE_MEASURES

export interface PlaceEstimates {
  /** Of what was shown. */
  readonly logged: OffPolicyEstimate
  readonly ips: OffPolicyEstimate
  readonly snips: OffPolicyEstimate
  readonly dr: OffPolicyEstimate
}

/** What a place earns, a request, were the ranking to choose what it holds. Throws a RangeError for fewer than two places. */
export const placeEstimates = (
  places: readonly ChosenPost[],
): Readonly<Record<PlaceMeasure, PlaceEstimates>> => {
  const logged = Float64Array.from(places, ({ propensity }) => propensity)
  const target = Float64Array.from(places, ({ isSame }) => Number(isSame))
  const estimatesOf = (measure: SignedWeights | null): PlaceEstimates => {
    const each = (valueOf: (weights: SignedWeights, place: ChosenPost) => number): Float64Array =>
      Float64Array.from(places, (place) => valueOf(measure ?? place.weights, place))
    const rewards = each((weights, { outcomes }) => dot(weights, outcomes))
    const decisions: LoggedDecisions = { rewards, logged, target }
    // Outcomes are of whoever looked, stayed or skipped: so is what is set against them.
    const ofTaken = each((weights, { foreseen }) => expectedValue(weights, foreseen))
    const ofTarget = each((weights, { foreseenOfChosen }) => expectedValue(weights, foreseenOfChosen))
    return {
      logged: onPolicy(rewards),
      ips: inversePropensity(decisions),
      snips: selfNormalised(decisions),
      dr: doublyRobust(decisions, { ofTaken, ofTarget }),
    }
  }
  return Object.fromEntries(
    Object.entries(PLACE_MEASURES).map(([name, measure]) => [name, estimatesOf(measure)]),
  ) as Record<PlaceMeasure, PlaceEstimates>
}

const dot = (weights: SignedWeights, values: Float64Array): number =>
  weights.reduce((sum, weight, head) => sum + weight * values[head]!, 0)
