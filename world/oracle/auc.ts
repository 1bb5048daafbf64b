const BINS = 4_096
const LOG_ODDS_MAX = 12

/** Of fewer than this an area says nothing. */
export const POSITIVES_MIN = 20

/**
 * Area under the ROC curve of probabilities against what came true, in constant memory: log-odds from −12 to 12
 * fall into 4,096 bins, and those of one bin count as ties (half).
 */
export class BinnedAuc {
  private readonly positives = new Float64Array(BINS)
  private readonly negatives = new Float64Array(BINS)

  add(probability: number, isTrue: boolean): void {
    const logOdds = Math.log(probability / (1 - probability))
    const share = (logOdds + LOG_ODDS_MAX) / (2 * LOG_ODDS_MAX)
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor(share * BINS)))
    if (isTrue) this.positives[bin]! += 1
    else this.negatives[bin]! += 1
  }

  /** Null where there is too little to tell apart: no negatives, or fewer positives than asked for. */
  value(positivesMin = POSITIVES_MIN): number | null {
    let below = 0
    let wins = 0
    let positives = 0
    for (let bin = 0; bin < BINS; bin++) {
      wins += this.positives[bin]! * (below + this.negatives[bin]! / 2)
      below += this.negatives[bin]!
      positives += this.positives[bin]!
    }
    return positives < Math.max(1, positivesMin) || below === 0 ? null : wins / (positives * below)
  }
}
