import { type Estimate, estimateOf } from './interval.ts'

/**
 * Decisions that a logging policy took, and what another would do: all arrays are as long as each other, one entry a
 * decision.
 */
export interface LoggedDecisions {
  /** What came of the action that was taken. */
  readonly rewards: Float64Array
  /** Probability with which the logging policy took it, above 0. */
  readonly logged: Float64Array
  /** Probability with which the target policy would take it. */
  readonly target: Float64Array
}

/** What a model expects, for the doubly robust estimate. */
export interface Expected {
  /** Of the action that was taken. */
  readonly ofTaken: Float64Array
  /** Of the target policy: over all actions, each by the probability that it would take it. */
  readonly ofTarget: Float64Array
}

export interface OffPolicyEstimate extends Estimate {
  /** Decisions that the weighted ones are worth, (Σw)² / Σw² (Kish, 1965). */
  readonly effectiveCount: number
}

/** Below so many, intervals, which go by the normal distribution, hold the truth less often than they say. */
export const EFFECTIVE_COUNT_MIN = 50

export const isTooFew = ({ effectiveCount }: Pick<OffPolicyEstimate, 'effectiveCount'>): boolean =>
  effectiveCount < EFFECTIVE_COUNT_MIN

/**
 * Inverse propensity scoring: the mean of w r, w being target by logged probability (Horvitz and Thompson, 1952).
 * Without bias wherever the logging policy takes every action that the target might. Throws a RangeError for
 * decisions that cannot be.
 */
export const inversePropensity = (decisions: LoggedDecisions): OffPolicyEstimate => {
  const weights = weightsOf(decisions)
  const { rewards } = decisions
  return meanOf(
    weights.map((weight, at) => weight * rewards[at]!),
    weights,
  )
}

/**
 * Self-normalised: Σ w r / Σ w (Swaminathan and Joachims, 2015). Slightly biased, and it varies less: it stays
 * within the rewards that were seen. The interval is that of a ratio of means.
 */
export const selfNormalised = (decisions: LoggedDecisions): OffPolicyEstimate => {
  const weights = weightsOf(decisions)
  const { rewards } = decisions
  const total = sum(weights)
  const value = sum(weights.map((weight, at) => weight * rewards[at]!)) / total
  const spread = sum(weights.map((weight, at) => (weight * (rewards[at]! - value)) ** 2))
  return { ...estimateOf(value, Math.sqrt(spread) / total), effectiveCount: effectiveOf(weights) }
}

/**
 * Doubly robust: what a model expects of the target policy, corrected by w times what it missed of the actions that
 * were taken (Dudík et al., 2011). Right where either the propensities or the model are; the better the model, the
 * less it varies. The model must not have learned from the decision it is asked about (see `crossFitted`).
 */
export const doublyRobust = (decisions: LoggedDecisions, expected: Expected): OffPolicyEstimate => {
  const weights = weightsOf(decisions)
  const { rewards } = decisions
  return meanOf(
    weights.map((weight, at) => expected.ofTarget[at]! + weight * (rewards[at]! - expected.ofTaken[at]!)),
    weights,
  )
}

/** The mean of rewards as they were logged: the value of the logging policy itself. */
export const onPolicy = (rewards: Float64Array): OffPolicyEstimate =>
  meanOf(rewards, new Float64Array(rewards.length).fill(1))

/** Answers of `fit`, each asked of a decision that it was not fitted on: the folds take turns. */
export const crossFitted = <Model>(
  count: number,
  folds: number,
  fit: (isFitted: (decision: number) => boolean) => Model,
  ask: (model: Model, decision: number) => void,
): void => {
  if (!Number.isInteger(folds) || folds < 2 || folds > count)
    throw new RangeError(`${folds} folds of ${count} decisions: use 2 at least, and no more than decisions`)
  for (let fold = 0; fold < folds; fold++) {
    const model = fit((decision) => decision % folds !== fold)
    for (let decision = fold; decision < count; decision += folds) ask(model, decision)
  }
}

const weightsOf = ({ rewards, logged, target }: LoggedDecisions): Float64Array => {
  const { length } = rewards
  if (length < 2 || logged.length !== length || target.length !== length)
    throw new RangeError(
      `${length} rewards, ${logged.length} logged and ${target.length} target probabilities: give 2 at least, as many of each`,
    )
  return logged.map((propensity, at) => {
    const wanted = target[at]!
    if (!(propensity > 0 && propensity <= 1)) throw new RangeError(`logged[${at}] is ${propensity}`)
    if (!(wanted >= 0 && wanted <= 1)) throw new RangeError(`target[${at}] is ${wanted}`)
    return wanted / propensity
  })
}

const meanOf = (values: Float64Array, weights: Float64Array): OffPolicyEstimate => {
  const count = values.length
  const mean = sum(values) / count
  const variance = sum(values.map((value) => (value - mean) ** 2)) / (count - 1)
  return { ...estimateOf(mean, Math.sqrt(variance / count)), effectiveCount: effectiveOf(weights) }
}

const effectiveOf = (weights: Float64Array): number => {
  const squares = sum(weights.map((weight) => weight ** 2))
  return squares === 0 ? 0 : sum(weights) ** 2 / squares
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0)
