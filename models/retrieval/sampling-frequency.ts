import { Fingerprint } from '../../processors/fingerprint.ts'

/** Hashed places for posts: as many as are met within the steps that the estimate looks back on. */
export const PLACES = 2 ** 16
/** How far an estimate moves with each meeting, at least: the first few are weighed alike, for many posts have no more. */
const RATE_MIN = 0.05
/** A post met for the first time is taken to come this seldom: one batch in so many. */
const FIRST_INTERVAL = 200

/**
 * How likely a post is to be in a batch, once or several times, by the mean number of batches between its meetings
 * ("Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations", Yi et al., 2019, algorithm 2; but
 * what a post was first taken for is forgotten when it is met again). Posts share places, so what is remembered is
 * bounded.
 */
export class SamplingFrequency {
  readonly lastMet: Float32Array
  readonly intervals: Float32Array
  /** How many intervals were averaged. */
  readonly meetings: Float32Array
  private readonly fingerprint = new Fingerprint()

  constructor(
    lastMet = new Float32Array(PLACES),
    intervals = new Float32Array(PLACES).fill(FIRST_INTERVAL),
    meetings = new Float32Array(PLACES),
  ) {
    this.lastMet = lastMet
    this.intervals = intervals
    this.meetings = meetings
  }

  /** Notes a meeting at a step, counted from 1; answers the logarithm of the probability. */
  meet(postId: string, step: number): number {
    const place = this.fingerprint.of(postId).low & (PLACES - 1)
    const last = this.lastMet[place]!
    if (last > 0 && last < step) {
      this.meetings[place]! += 1
      const rate = Math.max(RATE_MIN, 1 / this.meetings[place]!)
      this.intervals[place]! += rate * (step - last - this.intervals[place]!)
    }
    this.lastMet[place] = step
    return -Math.log(this.intervals[place]!)
  }
}
