import { ModelError } from '../errors.ts'
import { HOUR_MS } from '../../schemas/ids.ts'

/**
 * How much worse than the live snapshot a candidate may be, and how much it takes to say so. In AUC, normalised
 * entropy and times it may be worse by `…Max`, or by what chance explains on the examples that both foresaw where that
 * is more, but never by more than `…Stop`: by more than two differ by chance at 512 examples (bench/RESULTS.md).
 */
export interface GateLimits {
  /** Examples below which nothing is said. */
  readonly examplesMin: number
  /** Positives (of other heads: times, rankings, pairs) below which a head is not judged. */
  readonly positivesMin: number
  /** What a head's AUC may fall by. */
  readonly aucFallMax: number
  readonly aucFallStop: number
  /** What a head's normalised entropy may rise by. */
  readonly entropyRiseMax: number
  readonly entropyRiseStop: number
  /** Expected positives by those there were, or the inverse: beyond it, and worse than the live one, is too far. */
  readonly calibrationRatioMax: number
  /** What the error of a head of a time may rise by, as a share of the live one's. */
  readonly timeErrorRiseMax: number
  readonly timeErrorRiseStop: number
  /** What AUC and normalised entropy may be worse by on average over heads, where chance explains no more. */
  readonly meanAucFallMax: number
  readonly meanEntropyRiseMax: number
  /**
   * Of offers as good as what is live, the share that chance may have refused by these: half of it by heads, which
   * share it, half by the means. One in twenty is what an offer every half minute can bear; it is set lower, for
   * figures of some fifty positives are off by much more often than the normal distribution says.
   */
  readonly falseRefusalsMax: number
  /** What the loss of the light ranker, or of the towers, may rise by: nats a ranking, or a pair. */
  readonly lossRiseMax: number
  /**
   * What the live one's AUC may be below what it usually is: beyond it the examples are held to be unsound, and
   * nothing that learned from them is promoted.
   */
  readonly shiftAucFallMax: number
  /** What is usual follows from this much time of examples: a shift that lasts longer is how things are now. */
  readonly shiftMsMax: number
}

export const GATE_LIMITS: GateLimits = {
  examplesMin: 512,
  positivesMin: 50,
  aucFallMax: 0.02,
  aucFallStop: 0.15,
  entropyRiseMax: 0.03,
  entropyRiseStop: 0.1,
  calibrationRatioMax: 1.25,
  timeErrorRiseMax: 0.1,
  timeErrorRiseStop: 0.2,
  meanAucFallMax: 0.01,
  meanEntropyRiseMax: 0.015,
  falseRefusalsMax: 0.04,
  lossRiseMax: 0.02,
  shiftAucFallMax: 0.15,
  shiftMsMax: 6 * HOUR_MS,
}

interface Bound {
  readonly min: number
  readonly max: number
}

/** A gate that lets everything through, or nothing, is none. */
export const GATE_BOUNDS: Readonly<Record<keyof GateLimits, Bound>> = {
  examplesMin: { min: 1, max: 65_536 },
  positivesMin: { min: 1, max: 65_536 },
  aucFallMax: { min: 0, max: 0.1 },
  aucFallStop: { min: 0, max: 0.3 },
  entropyRiseMax: { min: 0, max: 0.2 },
  entropyRiseStop: { min: 0, max: 0.4 },
  calibrationRatioMax: { min: 1, max: 2 },
  timeErrorRiseMax: { min: 0, max: 0.5 },
  timeErrorRiseStop: { min: 0, max: 1 },
  meanAucFallMax: { min: 0, max: 0.1 },
  meanEntropyRiseMax: { min: 0, max: 0.2 },
  falseRefusalsMax: { min: 0.001, max: 0.2 },
  lossRiseMax: { min: 0, max: 0.2 },
  shiftAucFallMax: { min: 0.05, max: 0.3 },
  shiftMsMax: { min: HOUR_MS, max: 72 * HOUR_MS },
}

/** Throws `GATE_INVALID`, naming the field and what it may be. */
export const checkedLimits = (limits: GateLimits): GateLimits => {
  for (const [field, { min, max }] of Object.entries(GATE_BOUNDS)) {
    const value = limits[field as keyof GateLimits]
    if (!(value >= min && value <= max))
      throw new ModelError('GATE_INVALID', `${field} is ${value}: use a number from ${min} to ${max}`)
  }
  return limits
}
