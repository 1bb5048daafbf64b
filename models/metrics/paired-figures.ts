/** How well some examples were foreseen: nats an example, and a share that is to be high (see who computes it). */
export interface Figures {
  readonly loss: number
  readonly share: number
}

export interface PairedReport {
  /** Examples. */
  readonly count: number
  readonly loss: number | null
  readonly share: number | null
}

interface Pair {
  readonly count: number
  readonly learner: Figures
  live: Figures | null
}

/**
 * How the last examples were foreseen before they were learned: by what learns, and by what is live, as far as it was
 * then. Bounded: of examples that were foreseen together two numbers a side are kept.
 */
export class PairedFigures {
  private readonly entriesMax: number
  private pairs: Pair[] = []

  constructor(entriesMax: number) {
    this.entriesMax = entriesMax
  }

  /** Of examples that were foreseen together; `live` is null where nothing was. */
  add(count: number, learner: Figures, live: Figures | null): void {
    this.pairs.push({ count, learner, live })
    if (this.pairs.length > this.entriesMax) this.pairs.shift()
  }

  /**
   * Another is live: what the one before foresaw says nothing of it, and would let pass what is better than that alone.
   * What learns keeps its own figures.
   */
  forgetLive(): void {
    for (const pair of this.pairs) pair.live = null
  }

  /** Of the side; `isCompared` leaves out what only one of the two foresaw. */
  report(side: 'learner' | 'live', isCompared = side === 'live'): PairedReport {
    const pairs = isCompared ? this.pairs.filter(({ live }) => live !== null) : this.pairs
    const count = pairs.reduce((sum, pair) => sum + pair.count, 0)
    const mean = (of: keyof Figures): number | null =>
      count === 0 ? null : pairs.reduce((sum, pair) => sum + pair.count * pair[side]![of], 0) / count
    return { count, loss: mean('loss'), share: mean('share') }
  }
}
