/** Ranks up to which a hit counts. */
const SHORT = 5
const LONG = 10

/** Where the item that was chosen came out among others. */
export interface Placement {
  /** Others that scored higher. */
  readonly ahead: number
  /** Others that scored the same. */
  readonly tied: number
  /** All others. */
  readonly others: number
}

/** Means over placements; NaN is never among them: without any, all are 0. */
export interface RankingMetrics {
  /** How many placements. */
  readonly n: number
  readonly recall_at_5: number
  readonly recall_at_10: number
  readonly ndcg_at_10: number
  readonly mrr: number
  readonly auc: number
}

/** Places the first score among the rest. Throws for a score that is no number: it would rank by accident. */
export const placementOf = (scores: Float64Array): Placement => {
  const chosen = scores[0]!
  let ahead = 0
  let tied = 0
  for (const [index, score] of scores.entries()) {
    if (!Number.isFinite(score)) throw new RangeError(`score ${index} is ${score}, which cannot be ranked`)
    if (index === 0) continue
    if (score > chosen) ahead++
    else if (score === chosen) tied++
  }
  return { ahead, tied, others: scores.length - 1 }
}

/** What a rank (from 1) is worth, summed up from rank 1: the sum over any range of ranks is a difference. */
class RankSums {
  private readonly sums = [0]
  private readonly worth: (rank: number) => number

  constructor(worth: (rank: number) => number) {
    this.worth = worth
  }

  /** Mean worth of the ranks from `first` to `last`, both included. */
  mean(first: number, last: number): number {
    for (let rank = this.sums.length; rank <= last; rank++) {
      this.sums.push(this.sums[rank - 1]! + this.worth(rank))
    }
    return (this.sums[last]! - this.sums[first - 1]!) / (last - first + 1)
  }
}

/**
 * Recall, nDCG, mean reciprocal rank and AUC of one relevant item a ranking. Among equals each order is as
 * likely as any other, and a metric is its expectation over them: a scorer that says the same of everything
 * comes out at the level of chance, wherever the item stood in the list.
 *
 * With one relevant item the ideal DCG is 1, so nDCG is 1 / log2(1 + rank) (Järvelin and Kekäläinen, 2002);
 * AUC is the share of others below the item, equals counting half (Mann and Whitney).
 */
export class MetricSums {
  private n = 0
  private readonly sums = { short: 0, long: 0, gain: 0, reciprocal: 0, below: 0 }
  private readonly hitsShort = new RankSums((rank) => (rank <= SHORT ? 1 : 0))
  private readonly hitsLong = new RankSums((rank) => (rank <= LONG ? 1 : 0))
  private readonly gains = new RankSums((rank) => (rank <= LONG ? 1 / Math.log2(1 + rank) : 0))
  private readonly reciprocals = new RankSums((rank) => 1 / rank)

  get count(): number {
    return this.n
  }

  add({ ahead, tied, others }: Placement): void {
    const { sums } = this
    const first = ahead + 1
    const last = ahead + 1 + tied
    this.n++
    sums.short += this.hitsShort.mean(first, last)
    sums.long += this.hitsLong.mean(first, last)
    sums.gain += this.gains.mean(first, last)
    sums.reciprocal += this.reciprocals.mean(first, last)
    sums.below += others === 0 ? 0.5 : (others - ahead - tied / 2) / others
  }

  means(): RankingMetrics {
    const { n, sums } = this
    const mean = (sum: number): number => (n === 0 ? 0 : sum / n)
    return {
      n,
      recall_at_5: mean(sums.short),
      recall_at_10: mean(sums.long),
      ndcg_at_10: mean(sums.gain),
      mrr: mean(sums.reciprocal),
      auc: mean(sums.below),
    }
  }
}
